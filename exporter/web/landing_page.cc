#include "exporter/web/landing_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string_view>
#include <tuple>
#include <utility>

#include "exporter/web/figures.h"

namespace arkouda_exporter {
namespace {

using Severity = LandingPage::Severity;

constexpr std::size_t kRows = 100;
// Of a text that is shown, in bytes.
constexpr std::size_t kLongestText = 200;

// From here on a locale's memory is called high, and critically high: the alert ArkoudaMemoryHigh.
constexpr int kHighPercent = 80;
constexpr int kCriticalPercent = 90;

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--line:#dde2e7;--text:#1b2027;--dim:#57616b;
--link:#0a54c4;--good:#1a7f37;--pending:#57616b;--warning:#8f5f00;--critical:#c4253a;--track:#e6eaee;
--fill:#4f7fc0;--fill-high:#c98a0b;--fill-critical:#c4253a}
@media(prefers-color-scheme:dark){:root{--page:#0f1316;--card:#171c21;--line:#2b333b;--text:#e2e7ec;
--dim:#9ba6b1;--link:#80b8ff;--good:#4cc265;--pending:#9ba6b1;--warning:#dcab3a;--critical:#ff8178;
--track:#29313a;--fill:#5f93d8;--fill-high:#d9a32c;--fill-critical:#f0665c}}
*{box-sizing:border-box}
body{max-width:78rem;margin:0 auto;padding:1.25rem;display:grid;gap:1.25rem;align-items:start;
grid-template-columns:minmax(0,1fr) 17rem;background:var(--page);color:var(--text);
font:.9375rem/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
body>header{grid-column:1/-1;display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;align-items:baseline}
body>header p{margin-left:auto}
h1,h2,h3,p,ul,dl,dd{margin:0;padding:0}
h1{font-size:1.25rem}h2{font-size:1.125rem}h3,caption{font-size:.9375rem;font-weight:600}
a{color:var(--link)}bdi,dd,p{overflow-wrap:anywhere}
main,aside{display:grid;grid-template-columns:minmax(0,1fr);gap:1.25rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1rem 1.125rem;
display:grid;grid-template-columns:minmax(0,1fr);gap:1rem}
.title{display:flex;flex-wrap:wrap;gap:.125rem .75rem;align-items:baseline}
.title .state{flex-basis:100%}
.dim,.of{color:var(--dim)}.of{font-weight:400}
.small{font-size:.8125rem}
.state b{white-space:nowrap}.none b{color:var(--good)}.pending b{color:var(--pending)}
.warning b{color:var(--warning)}.critical b{color:var(--critical)}
.fault{border-left:3px solid var(--line);padding-left:.75rem}
.states,.pages{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem}
.facts{display:flex;flex-wrap:wrap;gap:.75rem 2rem}.facts dd{font-size:1rem}
.list{display:grid;grid-template-columns:minmax(0,1fr);gap:.5rem}.list div{display:grid}
dt{color:var(--dim);font-size:.8125rem}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr));gap:1.25rem 2rem}
.columns>div{display:grid;gap:1.25rem;align-content:start;grid-template-columns:minmax(0,1fr)}
table{width:100%;border-collapse:collapse}caption{text-align:left;padding-bottom:.25rem}
th,td{text-align:left;font-weight:400;padding:.25rem .75rem .25rem 0;border-top:1px solid var(--line);
vertical-align:baseline}
th:last-child,td:last-child{padding-right:0}
thead th{border:0;color:var(--dim);font-size:.8125rem}
.number{text-align:right;white-space:nowrap}.bar{width:34%;min-width:3rem;vertical-align:middle}
.servers .bar{width:9rem}.servers .state,.version{white-space:nowrap}.version bdi{white-space:normal}
.servers .address{margin-left:.5rem}
meter{display:block;width:100%;height:.5rem;overflow:hidden;-webkit-appearance:none;appearance:none;border:0;
border-radius:.25rem;background:var(--track);forced-color-adjust:none}
meter::-webkit-meter-inner-element{display:block;height:100%}
meter::-webkit-meter-bar{display:block;position:static;height:100%;border:0;background:none}
meter::-webkit-meter-optimum-value{background:var(--fill)}
meter::-webkit-meter-suboptimum-value{background:var(--fill-high)}
meter::-webkit-meter-even-less-good-value{background:var(--fill-critical)}
meter::-moz-meter-bar{background:var(--fill)}
meter:-moz-meter-sub-optimum::-moz-meter-bar{background:var(--fill-high)}
meter:-moz-meter-sub-sub-optimum::-moz-meter-bar{background:var(--fill-critical)}
nav ul{list-style:none;display:grid;gap:.5rem}nav li{display:grid}
@media(max-width:62rem){body{grid-template-columns:minmax(0,1fr)}}
@media(max-width:40rem){body{padding:.75rem;gap:.75rem}.card{padding:.875rem}.wide{display:none}
.servers thead{position:absolute;clip-path:inset(50%)}
.servers tr{display:grid;grid-template-columns:minmax(0,1fr) auto;border-top:1px solid var(--line);padding:.25rem 0}
.servers :is(th,td){border:0;padding:0}.servers :is(th,[colspan="5"]){grid-column:1/-1}
.servers td.number{grid-area:1/2}.servers td.number::before{content:"fullest locale ";color:var(--dim);
font-size:.8125rem}
body>header p{margin-left:0}th,td{padding-right:.5rem}.bar{width:3rem}.facts{gap:.5rem 1.5rem}}
)css";

struct Look {
  std::string_view style;   // a class
  std::string_view symbol;  // so that it is not told by colour alone
  std::string_view colour;  // of the page's icon, in both schemes
};

Look LookOf(Severity severity) {
  switch (severity) {
    case Severity::kNone:
      return {"none", "●", "2da44e"};
    case Severity::kPending:
      return {"pending", "○", "8b949e"};
    case Severity::kWarning:
      return {"warning", "▲", "d29922"};
    case Severity::kCritical:
      break;
  }
  return {"critical", "✕", "da3633"};
}

// What a reader can take in of a text, which ends between two characters.
std::string_view Shown(std::string_view text) {
  if (text.size() <= kLongestText) return text;
  std::size_t end = kLongestText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
  return text.substr(0, end);
}

void AppendEscaped(std::string& out, char c) {
  switch (c) {
    case '&':
      out += "&amp;";
      return;
    case '<':
      out += "&lt;";
      return;
    case '>':
      out += "&gt;";
      return;
    case '"':
      out += "&quot;";
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20) {
    // The pictures of control characters, from U+2400 on: the characters are invalid here.
    out.append("\xe2\x90").push_back(static_cast<char>(0x80 + byte));
  } else if (byte == 0x7f) {
    out += "\xe2\x90\xa1";
  } else {
    out += c;
  }
}

std::string Escaped(std::string_view text) {
  const std::string_view shown = Shown(text);
  std::string out;
  out.reserve(shown.size());
  for (const char c : shown) AppendEscaped(out, c);
  if (shown.size() < text.size()) out += "…";
  return out;
}

// A name that others gave: whatever direction its script has, or pretends to have, ends with it.
std::string Isolated(std::string_view text) {
  if (text.empty()) return "<span class=\"dim\">(empty)</span>";
  return "<bdi>" + Escaped(text) + "</bdi>";
}

std::string PercentEncoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') ||
                          std::string_view("-._~:").find(c) != std::string_view::npos;
    out += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// A link to another view of the same page.
std::string Query(const LandingPage::View& view) {
  std::vector<std::string> parameters;
  if (view.target) parameters.push_back("target=" + PercentEncoded(*view.target));
  if (view.from != 0) parameters.push_back("from=" + std::to_string(view.from));
  if (!view.refreshes) parameters.emplace_back("refresh=off");
  return fmt::format("?{}", fmt::join(parameters, "&amp;"));
}

std::string TimeElement(double time) {
  return fmt::format("<time datetime=\"{}\">{}</time>", FormatIsoTime(time), FormatTime(time));
}

std::string Symbol(Severity severity) {
  return fmt::format("<span aria-hidden=\"true\">{}</span>", LookOf(severity).symbol);
}

std::string Meter(double percent, std::string_view label) {
  return fmt::format(
      "<meter min=\"0\" max=\"100\" low=\"{}\" high=\"{}\" optimum=\"0\" value=\"{:.1f}\" "
      "aria-label=\"{}\">{}</meter>",
      kHighPercent, kCriticalPercent, std::clamp(percent, 0.0, 100.0), label,
      FormatPercent(percent));
}

std::string Fraction(std::size_t shown, std::size_t all, std::string_view which) {
  if (shown >= all) return "";
  return fmt::format(" <span class=\"of\">{}{} of {}; {} more</span>", which,
                     FormatCount(static_cast<double>(shown)), FormatCount(static_cast<double>(all)),
                     FormatCount(static_cast<double>(all - shown)));
}

// Whatever is written has been through Escaped or is the page's own.
class Writer {
 public:
  explicit Writer(const LandingPage& page) : page_(page) {}

  std::string Write() {
    Head();
    Header();
    Add("<main>\n");
    if (page_.view.target) {
      if (page_.details.empty()) NotWatched();
    } else if (page_.servers.size() != 1) {
      Table();
    }
    for (const auto& details : page_.details) ShowDetails(details);
    Add("</main>\n<aside aria-label=\"Exporter\">\n");
    Links();
    if (!page_.facts.empty()) {
      Add("<section class=\"card\" aria-labelledby=\"settings\">\n"
          "<h2 id=\"settings\">Build and settings</h2>\n");
      Facts("list", page_.facts);
      Add("</section>\n");
    }
    Add("</aside>\n</body>\n</html>\n");
    return std::move(out_);
  }

 private:
  template <typename... Values>
  void Add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Values>(values)...);
  }

  Severity Worst() const {
    const auto& shown = page_.view.target ? Shown() : page_.servers;
    Severity worst = shown.empty() ? Severity::kPending : Severity::kNone;
    for (const auto& server : shown) worst = std::max(worst, server.severity);
    return worst;
  }

  std::vector<LandingPage::Server> Shown() const {
    std::vector<LandingPage::Server> servers;
    for (const auto& details : page_.details) servers.push_back(details.server);
    return servers;
  }

  // What a tab says of it.
  std::string News() const {
    const auto& shown = page_.view.target ? Shown() : page_.servers;
    if (shown.empty()) return "no server";
    if (shown.size() == 1) return shown.front().name + " " + shown.front().state;
    const auto bad = std::count_if(shown.begin(), shown.end(), [](const auto& server) {
      return server.severity >= Severity::kWarning;
    });
    const std::string all = FormatCount(static_cast<double>(shown.size())) + " servers";
    return bad == 0 ? all : FormatCount(static_cast<double>(bad)) + " of " + all + " in trouble";
  }

  void Head() {
    Add("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n");
    if (page_.view.refreshes) {
      Add("<meta http-equiv=\"refresh\" content=\"{}\">\n", page_.refresh.count());
    }
    Add("<title>{} – {}</title>\n", Escaped(News()), Escaped(page_.title));
    Add("<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' "
        "viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7' fill='%23{}'/%3E%3C/svg%3E\">\n",
        LookOf(Worst()).colour);
    Add("<style>{}</style>\n</head>\n<body>\n", kStyle);
  }

  void Header() {
    Add("<header>\n<h1>{}</h1>\n<p class=\"dim small\">{}", Escaped(page_.title),
        TimeElement(page_.now));
    LandingPage::View other = page_.view;
    other.refreshes = !other.refreshes;
    if (page_.view.refreshes) {
      Add(" · refreshes every {} · <a href=\"{}\">Stop refreshing</a>",
          FormatAge(static_cast<double>(page_.refresh.count())), Query(other));
    } else {
      Add(" · <a href=\"{}\">Go on refreshing</a>", Query(other));
    }
    Add("</p>\n</header>\n");
  }

  void NotWatched() {
    Add("<section class=\"card\">\n<h2>{}</h2>\n<p>No such server is watched. {}</p>\n</section>\n",
        Isolated(*page_.view.target), AllServers());
  }

  std::string AllServers() const {
    return fmt::format("<a href=\"{}\">All servers</a>",
                       Query({.refreshes = page_.view.refreshes}));
  }

  void Table() {
    const auto& servers = page_.servers;
    Add("<section class=\"card\" aria-labelledby=\"servers\">\n<h2 id=\"servers\">Servers</h2>\n");
    if (servers.empty()) {
      Add("<p>None is watched: neither a setting nor a file names one.</p>\n</section>\n");
      return;
    }
    States();
    const std::size_t from = page_.view.from < servers.size() ? page_.view.from / kRows * kRows : 0;
    const std::size_t end = std::min(servers.size(), from + kRows);
    Add("<table class=\"servers\">\n<caption>The worst first, then the "
        "fullest{}</caption>\n<thead><tr>"
        "<th scope=\"col\">State</th><th scope=\"col\">Server</th>"
        "<th scope=\"col\" class=\"wide\">Version</th>"
        "<th scope=\"col\" class=\"wide number\">Locales</th>"
        "<th scope=\"col\" colspan=\"2\" class=\"number\">Fullest locale</th>"
        "<th scope=\"col\" class=\"wide number\">Requests</th></tr></thead>\n<tbody>\n",
        end - from == servers.size()
            ? ""
            : fmt::format(" <span class=\"of\">{} to {} of {}</span>", from + 1, end,
                          FormatCount(static_cast<double>(servers.size()))));
    for (std::size_t i = from; i < end; ++i) Row(servers[i]);
    Add("</tbody>\n</table>\n");
    Pages(from, end);
    Add("</section>\n");
  }

  // How many are in which state, in the table's order.
  void States() {
    std::vector<std::pair<const LandingPage::Server*, std::size_t>> states;
    for (const auto& server : page_.servers) {
      if (states.empty() || states.back().first->state != server.state) {
        states.emplace_back(&server, 0);
      }
      ++states.back().second;
    }
    Add("<ul class=\"states\">\n");
    for (const auto& [server, count] : states) {
      Add("<li class=\"state {}\"><b>{} {}</b> {}</li>\n", LookOf(server->severity).style,
          Symbol(server->severity), FormatCount(static_cast<double>(count)),
          Escaped(server->state));
    }
    Add("</ul>\n");
  }

  void Row(const LandingPage::Server& server) {
    Add("<tr><td class=\"state {}\"><b>{} {}</b>", LookOf(server.severity).style,
        Symbol(server.severity), Escaped(server.state));
    if (server.since) {
      Add(" <span class=\"dim small age\">{}</span>", FormatAge(page_.now - *server.since));
    }
    Add("</td><th scope=\"row\"><a href=\"{}\">{}</a>",
        Query({.target = server.address, .refreshes = page_.view.refreshes}),
        Isolated(server.name));
    if (server.name != server.address) {
      Add(" <span class=\"dim small address\">{}</span>", Isolated(server.address));
    }
    if (IsKnown(server)) {
      Values(server);
    } else {
      Add("</th><td colspan=\"5\" class=\"small\">{}</td></tr>\n",
          server.fault.empty() ? "–" : Isolated(server.fault));
    }
  }

  static bool IsKnown(const LandingPage::Server& server) {
    return !server.version.empty() || server.fullest_percent || server.requests;
  }

  // The cells of a server that answers.
  void Values(const LandingPage::Server& server) {
    if (!server.fault.empty()) Add("<br><span class=\"small\">{}</span>", Isolated(server.fault));
    Add("</th><td class=\"wide version\">{}</td><td class=\"wide number\">{}</td>",
        Isolated(server.version.empty() ? "–" : server.version), Escaped(server.number_of_locales));
    if (server.fullest_percent) {
      Add("<td class=\"wide bar\">{}</td><td class=\"number\">{}</td>",
          Meter(*server.fullest_percent, "Memory of the fullest locale"),
          FormatPercent(*server.fullest_percent));
    } else {
      Add("<td class=\"wide bar\"></td><td class=\"number\">–</td>");
    }
    Add("<td class=\"wide number\">{}</td></tr>\n",
        server.requests ? FormatCount(*server.requests) : "–");
  }

  void Pages(std::size_t from, std::size_t end) {
    const auto link = [&](std::string_view relation, std::string_view text, std::size_t row) {
      Add("<li><a rel=\"{}\" href=\"{}\">{} {}</a></li>\n", relation,
          Query({.from = row, .refreshes = page_.view.refreshes}), text, kRows);
    };
    if (from == 0 && end == page_.servers.size()) return;
    Add("<nav aria-label=\"Parts of the table\"><ul class=\"pages\">\n");
    if (from != 0) link("prev", "Previous", from - kRows);
    if (end != page_.servers.size()) link("next", "Next", end);
    Add("</ul></nav>\n");
  }

  void ShowDetails(const LandingPage::Details& details) {
    const LandingPage::Server& server = details.server;
    const std::size_t number = ++details_;
    Add("<article class=\"card\" aria-labelledby=\"server-{}\">\n<div class=\"title\">"
        "<h2 id=\"server-{}\">{}</h2>",
        number, number, Isolated(server.name));
    if (server.name != server.address) {
      Add("<span class=\"dim\">{}</span>", Isolated(server.address));
    }
    Add("\n<p class=\"state {}\"><b>{} {}</b>", LookOf(server.severity).style,
        Symbol(server.severity), Escaped(server.state));
    if (server.since) {
      Add(" <span class=\"dim\">for {}, since {}</span>", FormatAge(page_.now - *server.since),
          TimeElement(*server.since));
    }
    Add("</p></div>\n");
    if (!server.fault.empty()) Add("<p class=\"fault\">{}</p>\n", Isolated(server.fault));
    if (!details.facts.empty()) Facts("facts", details.facts);
    const bool has_names = !details.commands.rows.empty() || !details.users.rows.empty();
    if (!details.locales.rows.empty() || has_names) {
      Add("<div class=\"columns\">\n");
      if (!details.locales.rows.empty()) Locales(details.locales);
      if (has_names) Names(details);
      Add("</div>\n");
    }
    if (!details.polls.empty()) {
      Add("<div>\n<h3>Polls</h3>\n");
      Facts("facts", details.polls);
      Add("</div>\n");
    }
    if (page_.view.target) Add("<p>{}</p>\n", AllServers());
    Add("</article>\n");
  }

  void Locales(const Top<LocaleFigures>& locales) {
    Add("<div>\n<table>\n<caption>Memory of locales{}</caption>\n<thead><tr>"
        "<th scope=\"col\">Locale</th><th scope=\"col\" colspan=\"2\">Used</th>"
        "<th scope=\"col\" class=\"number\">Size</th></tr></thead>\n<tbody>\n",
        Fraction(locales.rows.size(), locales.all, "the fullest "));
    for (const auto& locale : locales.rows) {
      Add("<tr><th scope=\"row\"><span class=\"dim\">{}</span> {}</th>", Escaped(locale.number),
          Isolated(locale.name));
      if (locale.used_percent) {
        Add("<td class=\"bar\">{}</td><td class=\"number\">{}</td>",
            Meter(*locale.used_percent, "Memory of locale " + Escaped(locale.number)),
            FormatPercent(*locale.used_percent));
      } else {
        Add("<td class=\"bar\"></td><td class=\"number\">–</td>");
      }
      Add("<td class=\"number\">{}</td></tr>\n",
          locale.used_bytes ? FormatBytes(*locale.used_bytes) : "–");
    }
    Add("</tbody>\n</table>\n</div>\n");
  }

  void Names(const LandingPage::Details& details) {
    Add("<div>\n");
    if (!details.commands.rows.empty()) {
      Add("<table>\n<caption>Busiest commands{}</caption>\n<thead><tr>"
          "<th scope=\"col\">Command</th><th scope=\"col\" class=\"number\">Requests</th>"
          "<th scope=\"col\" class=\"number\">Mean</th></tr></thead>\n<tbody>\n",
          Fraction(details.commands.rows.size(), details.commands.all, ""));
      for (const auto& command : details.commands.rows) {
        Add("<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td "
            "class=\"number\">{}</td></tr>\n",
            Isolated(command.name), FormatCount(command.requests),
            command.mean_seconds ? FormatSeconds(*command.mean_seconds) : "–");
      }
      Add("</tbody>\n</table>\n");
    }
    if (!details.users.rows.empty()) {
      Add("<table>\n<caption>Busiest users{}</caption>\n<thead><tr><th scope=\"col\">User</th>"
          "<th scope=\"col\" class=\"number\">Requests</th></tr></thead>\n<tbody>\n",
          Fraction(details.users.rows.size(), details.users.all, ""));
      for (const auto& user : details.users.rows) {
        Add("<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td></tr>\n", Isolated(user.name),
            FormatCount(user.requests));
      }
      Add("</tbody>\n</table>\n");
    }
    Add("</div>\n");
  }

  void Facts(std::string_view style, const std::vector<LandingPage::Fact>& facts) {
    Add("<dl class=\"{}\">\n", style);
    for (const auto& [name, value] : facts) {
      Add("<div><dt>{}</dt><dd>{}</dd></div>\n", Escaped(name), Isolated(value));
    }
    Add("</dl>\n");
  }

  void Links() {
    Add("<nav class=\"card\" aria-labelledby=\"links\">\n<h2 id=\"links\">Links</h2>\n"
        "<ul>\n");
    for (const auto& [path, about] : page_.links) {
      // Relative, so that they work behind a proxy that puts a prefix in front of the path.
      const std::string link = Escaped(path);
      Add("<li><a href=\".{}\">{}</a> <span class=\"dim small\">{}</span></li>\n", link, link,
          Escaped(about));
    }
    Add("</ul>\n</nav>\n");
  }

  const LandingPage& page_;
  std::string out_;
  std::size_t details_ = 0;
};

std::optional<std::string> OnlyParameter(const Request& request, std::string_view name) {
  const auto [first, last] = request.query.equal_range(name);
  return first == last ? std::nullopt : std::optional(first->second);
}

}  // namespace

LandingPage::View LandingPage::View::Of(const Request& request) {
  View view{.target = OnlyParameter(request, "target"),
            .refreshes = OnlyParameter(request, "refresh") != "off"};
  if (const auto from = OnlyParameter(request, "from")) {
    std::from_chars(from->data(), from->data() + from->size(), view.from);
  }
  return view;
}

std::vector<LandingPage::Link> LinksTo(std::span<const Route> routes) {
  std::vector<LandingPage::Link> links;
  for (const Route& route : routes) {
    if (!route.about.empty()) links.push_back({.path = route.path, .about = route.about});
  }
  return links;
}

void SortWorstFirst(LandingPage& page) {
  const auto rank = [](const LandingPage::Server& server) {
    return std::tuple(-static_cast<int>(server.severity), std::string_view(server.state),
                      -server.fullest_percent.value_or(-1), std::string_view(server.name),
                      std::string_view(server.address));
  };
  std::sort(page.servers.begin(), page.servers.end(),
            [&](const auto& one, const auto& other) { return rank(one) < rank(other); });
  std::sort(page.details.begin(), page.details.end(), [&](const auto& one, const auto& other) {
    return rank(one.server) < rank(other.server);
  });
}

std::string RenderLandingPage(const LandingPage& page) { return Writer(page).Write(); }

Response LandingPageResponse(const LandingPage& page) {
  return {.status = page.view.target && page.details.empty() ? 404 : 200,
          .content_type = "text/html; charset=utf-8",
          .headers = {{"Cache-Control", "no-store"},
                      {"X-Content-Type-Options", "nosniff"},
                      // A second lock: nothing that slips through becomes a script.
                      {"Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
                       "base-uri 'none'; form-action 'none'"}},
          .body = Body::Of(RenderLandingPage(page))};
}

}  // namespace arkouda_exporter
