#include "exporter/web/http_server.h"

#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/log.h"
#include "common/quote.h"

namespace arkouda_exporter {
namespace {

constexpr unsigned kIdleSeconds = 10;

// How many parts of a body the kernel is handed as they are, which takes half the time of copying
// them. libmicrohttpd copies their list into the 32 KiB of memory that a connection has, and ends
// the process when there is no room.
constexpr std::size_t kMostVectors = 1000;

// What is copied at once of a body that has more parts.
constexpr std::size_t kPieceBytes = 64 << 10;

// A body on its way, and where its client is in it when it goes in pieces.
class BodyReader {
 public:
  explicit BodyReader(Body body) : body_(std::move(body)), part_(body_.parts.begin()) {}
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;

  const Body& body() const { return body_; }

  // MHD_ContentReaderCallback: goes on where it was, up to `size` bytes.
  static ssize_t Read(void* reader, std::uint64_t /*position*/, char* to, std::size_t size) {
    return static_cast<BodyReader*>(reader)->Read(to, size);
  }
  static void Delete(void* reader) { delete static_cast<BodyReader*>(reader); }

 private:
  ssize_t Read(char* to, std::size_t size) {
    char* end = to;
    while (size != 0 && part_ != body_.parts.end()) {
      const std::size_t copied = part_->copy(end, size, offset_);
      end += copied;
      size -= copied;
      offset_ += copied;
      if (offset_ == part_->size()) {
        ++part_;
        offset_ = 0;
      }
    }
    return end - to;
  }

  const Body body_;
  std::vector<std::string_view>::const_iterator part_;
  std::size_t offset_ = 0;  // in that part
};

// nullptr when there is no memory for it.
MHD_Response* ResponseWith(Body body_in) {
  auto reader = std::make_unique<BodyReader>(std::move(body_in));
  const Body& body = reader->body();
  MHD_Response* response = nullptr;
  if (body.parts.size() <= kMostVectors) {
    std::vector<MHD_IoVec> vectors;
    vectors.reserve(body.parts.size());
    for (const auto& part : body.parts) vectors.push_back({part.data(), part.size()});
    response = MHD_create_response_from_iovec(vectors.data(), static_cast<unsigned>(vectors.size()),
                                              &BodyReader::Delete, reader.get());
  } else {
    response = MHD_create_response_from_callback(body.Size(), kPieceBytes, &BodyReader::Read,
                                                 reader.get(), &BodyReader::Delete);
  }
  // It belongs to the response from here on, and goes when that goes.
  if (response != nullptr) static_cast<void>(reader.release());
  return response;
}

MHD_Result QueueResponse(MHD_Connection* connection, Response answer) {
  MHD_Response* const response = ResponseWith(std::move(answer.body));
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type.c_str());
  for (const auto& [name, value] : answer.headers) {
    MHD_add_response_header(response, name.c_str(), value.c_str());
  }
  const MHD_Result queued =
      MHD_queue_response(connection, static_cast<unsigned>(answer.status), response);
  MHD_destroy_response(response);
  return queued;
}

// An origin server is to accept `http://host/path`, too (RFC 9112, 3.2.2).
std::string_view PathOf(std::string_view target) {
  const std::size_t scheme_end = target.find("://");
  if (target.starts_with('/') || scheme_end == std::string_view::npos) return target;
  const std::size_t path = target.find('/', scheme_end + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

using NamesAndValues = std::vector<std::pair<std::string_view, std::string_view>>;

// The texts are the connection's.
NamesAndValues ValuesOf(MHD_Connection* connection, MHD_ValueKind kind) {
  NamesAndValues values;
  // There is room for all before the library, which is C, calls back: nothing throws in there.
  values.reserve(static_cast<std::size_t>(
      std::max(0, MHD_get_connection_values_n(connection, kind, nullptr, nullptr))));
  MHD_get_connection_values_n(
      connection, kind,
      [](void* to, MHD_ValueKind, const char* name, std::size_t name_size, const char* value,
         std::size_t value_size) {
        static_cast<NamesAndValues*>(to)->emplace_back(
            std::string_view(name, name_size),
            value == nullptr ? std::string_view() : std::string_view(value, value_size));
        return MHD_YES;
      },
      &values);
  return values;
}

Request RequestOf(MHD_Connection* connection, const char* url, const char* method) {
  Request request{.method = method, .path = std::string(PathOf(url))};
  for (const auto& [name, value] : ValuesOf(connection, MHD_GET_ARGUMENT_KIND)) {
    request.query.emplace(name, value);
  }
  for (const auto& [name, value] : ValuesOf(connection, MHD_HEADER_KIND)) {
    request.headers.emplace(name, value);
  }
  return request;
}

std::string ReasonOf(const std::exception_ptr& failure) {
  if (!failure) return "it was given up without an answer";
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

// Opens, binds and listens; the error is errno's.
tl::expected<FileDescriptor, int> ListenOn(const sockaddr* address, socklen_t length,
                                           bool dual_stack) {
  FileDescriptor fd(socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return tl::unexpected(errno);
  const int on = 1;
  const int ipv6_only = dual_stack ? 0 : 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->sa_family == AF_INET6) {
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &ipv6_only, sizeof ipv6_only);
  }
  if (bind(fd.get(), address, length) == 0 && listen(fd.get(), SOMAXCONN) == 0) return fd;
  return tl::unexpected(errno);
}

tl::expected<FileDescriptor, int> ListenOnEveryAddress(std::uint16_t port) {
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_addr = in6addr_any;
  any.sin6_port = htons(port);
  auto fd = ListenOn(reinterpret_cast<const sockaddr*>(&any), sizeof any, true);
  if (fd || fd.error() != EAFNOSUPPORT) return fd;
  sockaddr_in any_ipv4{};  // a kernel without IPv6
  any_ipv4.sin_family = AF_INET;
  any_ipv4.sin_port = htons(port);
  return ListenOn(reinterpret_cast<const sockaddr*>(&any_ipv4), sizeof any_ipv4, false);
}

std::uint16_t PortOf(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  // The port stands at the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

}  // namespace

tl::expected<std::vector<Listener>, std::string> Listener::Open(const HostPort& address) {
  if (!address.host.empty()) return OpenName(address);
  auto fd = ListenOnEveryAddress(address.port);
  if (!fd) return tl::unexpected(std::string(std::strerror(fd.error())));
  std::vector<Listener> listeners;
  listeners.push_back(Listener(*std::move(fd)));
  return listeners;
}

tl::expected<std::vector<Listener>, std::string> Listener::OpenName(const HostPort& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) return tl::unexpected(std::string(gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);

  // A port that is free at one address can be taken at the other.
  constexpr int kAttempts = 10;
  auto opened = OpenEach(found);
  for (int i = 1; i < kAttempts && address.port == 0 && !opened && opened.error() == EADDRINUSE;
       ++i) {
    opened = OpenEach(found);
  }
  if (!opened) return tl::unexpected(std::string(std::strerror(opened.error())));
  return *std::move(opened);
}

tl::expected<std::vector<Listener>, int> Listener::OpenEach(const addrinfo* found) {
  std::vector<Listener> listeners;
  std::vector<std::string> seen;  // /etc/hosts may have an address twice
  int why_not = 0;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    std::string bytes(reinterpret_cast<const char*>(each->ai_addr), each->ai_addrlen);
    if (std::find(seen.begin(), seen.end(), bytes) != seen.end()) continue;
    seen.push_back(std::move(bytes));
    sockaddr_storage address{};
    std::memcpy(&address, each->ai_addr, each->ai_addrlen);
    // The port that the system has chosen for the first one is the port of all.
    if (!listeners.empty()) {
      reinterpret_cast<sockaddr_in*>(&address)->sin_port =
          htons(PortOf(listeners.front().fd_.get()));
    }
    auto fd = ListenOn(reinterpret_cast<const sockaddr*>(&address), each->ai_addrlen, false);
    if (fd) {
      listeners.push_back(Listener(*std::move(fd)));
    } else if (fd.error() == EADDRNOTAVAIL || fd.error() == EAFNOSUPPORT) {
      why_not = fd.error();
    } else {
      return tl::unexpected(fd.error());
    }
  }
  if (listeners.empty()) return tl::unexpected(why_not);
  return listeners;
}

std::string Listener::Address() const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  std::array<char, NI_MAXHOST> host{};
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (getsockname(fd_.get(), generic, &length) != 0 ||
      getnameinfo(generic, length, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) != 0) {
    return "?";
  }
  return HostPort{.host = host.data(), .port = PortOf(fd_.get())}.ToString();
}

// A request between its arrival and its answer. Its connection owns it, and so does whoever is to
// answer, also when that comes after the connection's end.
class HttpServer::Exchange {
 public:
  // What became of a request: an answer, or the exception instead, nullptr where there was none.
  using Outcome = tl::expected<Response, std::exception_ptr>;

  // Any thread. The first one counts, and wakes the connection.
  void Settle(Outcome outcome) {
    const std::lock_guard lock(mutex_);
    if (outcome_) return;
    outcome_ = std::move(outcome);
    ResumeLocked();
  }

  // The server's thread, while the handler is called: an exception takes the place of an answer.
  void Fail(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    outcome_ = tl::unexpected(std::move(failure));
  }

  // The server's thread, in the library's callback alone: what became of it, once. As long as that
  // is open, the connection sleeps if it may: it is asked again when it is resumed.
  std::optional<Outcome> TakeOrSuspend(MHD_Connection* connection, bool may_sleep) {
    const std::lock_guard lock(mutex_);
    if (outcome_) return std::exchange(*outcome_, tl::unexpected(std::exception_ptr()));
    if (may_sleep) {
      MHD_suspend_connection(connection);
      suspended_ = connection;
    }
    return std::nullopt;
  }

  // Any thread: ends the sleep, if it sleeps.
  void Resume() {
    const std::lock_guard lock(mutex_);
    ResumeLocked();
  }

 private:
  void ResumeLocked() {
    if (suspended_ != nullptr) MHD_resume_connection(std::exchange(suspended_, nullptr));
  }

  std::mutex mutex_;
  std::optional<Outcome> outcome_;
  MHD_Connection* suspended_ = nullptr;  // not owned; it can't go while it sleeps
};

// The requests of a server that are under way, and the library's callbacks about them.
class HttpServer::Exchanges {
 public:
  Exchanges(Handler handler, std::size_t most_waiting)
      : handler_(std::move(handler)), most_waiting_(most_waiting) {}

  // Throws std::runtime_error when the library can't.
  MHD_Daemon* Start(Listener listener, unsigned most_connections) {
    const int fd = listener.Release();
    MHD_Daemon* const daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr, &OnRequest,
        this, MHD_OPTION_NOTIFY_COMPLETED, &OnCompleted, this, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, most_connections, MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds,
        MHD_OPTION_END);
    if (daemon == nullptr) {
      close(fd);
      throw std::runtime_error("the HTTP server can't be started");
    }
    return daemon;
  }

  // From here on nobody waits: the library can't end a connection that sleeps.
  void StopWaiting() {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    for (const auto& exchange : waiting_) exchange->Resume();
  }

 private:
  // What a connection keeps of its request; nullptr until the handler has it.
  using State = std::shared_ptr<Exchange>;

  // MHD_AccessHandlerCallback. The first call of a request comes with its headers; a response
  // queued then would close the connection. A body is read and thrown away before the answer. The
  // last call is made again when the connection has slept.
  static MHD_Result OnRequest(void* exchanges, MHD_Connection* connection, const char* url,
                              const char* method, const char* /*version*/, const char* /*upload*/,
                              std::size_t* upload_size, void** state) {
    if (*state == nullptr) {
      *state = new (std::nothrow) State;
      return *state == nullptr ? MHD_NO : MHD_YES;
    }
    if (*upload_size != 0) {
      *upload_size = 0;
      return MHD_YES;
    }
    // No exception may cross the library, which is C: one out here, for want of memory for a line
    // of text, costs this client its connection.
    try {
      return static_cast<Exchanges*>(exchanges)->Answer(connection, url, method,
                                                        *static_cast<State*>(*state));
    } catch (...) {
      return MHD_NO;
    }
  }

  // MHD_RequestCompletedCallback: also for a client that went away, and when the server ends.
  static void OnCompleted(void* exchanges, MHD_Connection* /*connection*/, void** state,
                          MHD_RequestTerminationCode /*how*/) {
    const std::unique_ptr<State> exchange(static_cast<State*>(std::exchange(*state, nullptr)));
    if (!exchange) return;
    auto& self = *static_cast<Exchanges*>(exchanges);
    const std::lock_guard lock(self.mutex_);
    self.waiting_.erase(*exchange);  // it need not have been asked again
  }

  MHD_Result Answer(MHD_Connection* connection, const char* url, const char* method,
                    State& exchange) {
    if (!exchange) exchange = HandOver(RequestOf(connection, url, method));
    auto outcome = TakeOrWait(connection, exchange);
    if (!outcome) return MHD_YES;
    if (*outcome) return QueueResponse(connection, **std::move(outcome));
    LogError("a request failed", {{"method", method},
                                  {"path", Excerpt(PathOf(url))},
                                  {"reason", ReasonOf(outcome->error())}});
    return QueueResponse(connection,
                         PlainText(500, "Internal error: the exporter's log says more."));
  }

  State HandOver(const Request& request) const {
    auto exchange = std::make_shared<Exchange>();
    const auto deliver = [exchange](std::optional<Response> response) {
      exchange->Settle(response ? Exchange::Outcome(*std::move(response))
                                : tl::unexpected(std::exception_ptr()));
    };
    try {
      handler_(request, Respond(deliver));
    } catch (...) {
      exchange->Fail(std::current_exception());
    }
    return exchange;
  }

  // nullopt: the connection sleeps until there is an answer.
  std::optional<Exchange::Outcome> TakeOrWait(MHD_Connection* connection, const State& exchange) {
    const std::lock_guard lock(mutex_);
    const bool may_wait = !is_stopping_ && waiting_.size() < most_waiting_;
    if (may_wait) waiting_.insert(exchange);  // first: it throws where there is no memory
    auto outcome = exchange->TakeOrSuspend(connection, may_wait);
    if (outcome) {
      waiting_.erase(exchange);
    } else if (!may_wait) {
      outcome = PlainText(503, is_stopping_ ? "The exporter is stopping."
                                            : "Too many requests wait for an answer already.");
    }
    return outcome;
  }

  const Handler handler_;
  const std::size_t most_waiting_;
  std::mutex mutex_;
  bool is_stopping_ = false;           // guarded by mutex_
  std::unordered_set<State> waiting_;  // guarded by mutex_
};

HttpServer::HttpServer(Listener listener, Handler handler, unsigned most_connections)
    : exchanges_(std::make_unique<Exchanges>(std::move(handler), most_connections / 2)),
      daemon_(exchanges_->Start(std::move(listener), most_connections)) {}

HttpServer::~HttpServer() {
  exchanges_->StopWaiting();
  MHD_stop_daemon(daemon_);
}

}  // namespace arkouda_exporter
