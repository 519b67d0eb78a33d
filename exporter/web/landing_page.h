#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/top_figures.h"
#include "exporter/web/routes.h"

namespace arkouda_exporter {

/// What somebody finds who opens the exporter's address in a browser, as of one moment. The texts
/// are plain: any characters, of any length. Times are Unix seconds.
struct LandingPage {
  struct Fact {
    std::string name;  ///< such as "Version"
    std::string value;
  };
  struct Link {
    std::string path;  ///< begins with a slash
    std::string about;
  };
  /// How much a state asks for somebody, the most last.
  enum class Severity { kNone, kPending, kWarning, kCritical };
  /// What a line of the table says.
  struct Server {
    std::string address;
    std::string name;
    std::string state;  ///< a word
    Severity severity = Severity::kNone;
    std::optional<double> since;  ///< when that state began
    std::string fault;            ///< why it is in that state; empty: there is nothing to say
    std::string version;          ///< empty: not known
    std::string number_of_locales;
    std::optional<double> fullest_percent;  ///< of the memory that a locale may use
    std::optional<double> requests;
  };
  /// What there is to say of one server beside that.
  struct Details {
    Server server;
    std::vector<Fact> facts;
    std::vector<Fact> polls;
    Top<LocaleFigures> locales;
    Top<CommandFigures> commands;
    Top<UserFigures> users;
  };
  /// What of it is looked at, by the query.
  struct View {
    std::optional<std::string> target;  ///< the address of one server that is shown in full
    std::size_t from = 0;               ///< the first row of the table
    bool refreshes = true;

    static View Of(const Request& request);
  };

  std::string title;
  View view;
  double now = 0;
  std::chrono::seconds refresh{0};  ///< how often; positive
  std::vector<Server> servers;      ///< in the table's order; of a single one there is no table
  std::vector<Details> details;     ///< those that are shown in full
  std::vector<Fact> facts;          ///< build and settings
  std::vector<Link> links;
};

/// Links to those routes that are for people.
std::vector<LandingPage::Link> LinksTo(std::span<const Route> routes);

/// Sorts the servers, of the table and in full: by severity, the worst first, and then by state, by
/// memory and by name.
void SortWorstFirst(LandingPage& page);

/// The page as HTML, which needs no script and loads nothing. Its size is bounded: the table shows
/// a hundred servers at once, and long texts are cut. How many rows details have is for their maker
/// to bound.
std::string RenderLandingPage(const LandingPage& page);

/// The page as an answer; with 404 when it is of a server that there is not.
Response LandingPageResponse(const LandingPage& page);

}  // namespace arkouda_exporter
