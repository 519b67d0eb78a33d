#include "exporter/web/http_server.h"

#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <list>
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
#include "common/wakeup.h"
#include "exporter/web/clients.h"

namespace arkouda_exporter {
namespace {

constexpr unsigned kIdleSeconds = 10;

// How much of an answer the kernel takes that can't be sent yet: by itself it takes megabytes for
// each client that does not read.
constexpr int kUnsentBytes = 256 << 10;

// How often deadlines are looked at.
constexpr std::chrono::seconds kBeat(1);

// Of the connections that the library takes at most: those of clients that were sent away stay for
// a moment.
unsigned Reserve(unsigned most_connections) { return std::clamp(most_connections / 8, 1U, 16U); }

// What the library keeps of a connection's request and of the headers of its answer. It is cleared
// for each request.
constexpr std::size_t kConnectionBytes = 16 << 10;

// What is copied at once of a body that is copied.
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

// Whether the kernel can be handed the parts of an answer as they are, which takes half the time of
// copying them. The library copies their list into the connection's memory, and ends the process
// when there is no room (common error 15). Half of it is for what was read, of the next request,
// too. In the other half a request may have its cookies a second time, and has an item for each of
// its headers and arguments.
bool HasRoomForParts(MHD_Connection* connection, const Response& answer) {
  constexpr std::size_t kItemBytes = 128;
  constexpr std::size_t kOwnHeadersBytes = 1024;
  const auto kinds =
      static_cast<MHD_ValueKind>(MHD_HEADER_KIND | MHD_COOKIE_KIND | MHD_GET_ARGUMENT_KIND);
  const int items = MHD_get_connection_values_n(connection, kinds, nullptr, nullptr);
  std::size_t needed =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size +
      static_cast<std::size_t>(std::max(0, items)) * kItemBytes + kOwnHeadersBytes +
      answer.content_type.size() + answer.body.parts.size() * sizeof(MHD_IoVec);
  for (const auto& [name, value] : answer.headers) needed += name.size() + value.size() + 4;
  return needed <= kConnectionBytes / 2;
}

// The library sends the headers together with a body of one part alone: one packet and system call
// less, which cost more than copying a small one.
void JoinSmall(Body& body) {
  if (body.parts.size() > 1 && body.Size() <= kPieceBytes) body = Body::Of(body.Text());
}

// nullptr when there is no memory for it.
MHD_Response* ResponseWith(Body body_in, bool has_room_for_parts) {
  auto reader = std::make_unique<BodyReader>(std::move(body_in));
  const Body& body = reader->body();
  MHD_Response* response = nullptr;
  if (body.parts.size() <= 1) {
    const std::string_view part = body.parts.empty() ? std::string_view() : body.parts.front();
    // Before version 1.0 it takes bytes that it does not change as if it did.
    response = MHD_create_response_from_buffer_with_free_callback_cls(
        part.size(), const_cast<char*>(part.data()), &BodyReader::Delete, reader.get());
  } else if (has_room_for_parts) {
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
  JoinSmall(answer.body);
  const bool has_room_for_parts =
      answer.body.parts.size() > 1 && HasRoomForParts(connection, answer);
  MHD_Response* const response = ResponseWith(std::move(answer.body), has_room_for_parts);
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

// The address of a socket of this process. Of the family AF_UNSPEC when it can't be had.
sockaddr_storage AddressOf(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  return address;
}

std::uint16_t PortOf(const sockaddr_storage& address) {
  // It stands at the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

bool IsOfInternet(const sockaddr_storage& address) {
  return address.ss_family == AF_INET || address.ss_family == AF_INET6;
}

// How many sockets systemd has handed over to this process.
int CountHandedOver() {
  const auto number = [](const char* variable) {
    const char* const text = std::getenv(variable);
    int value = 0;
    if (text != nullptr) std::from_chars(text, text + std::strlen(text), value);
    return value;
  };
  return number("LISTEN_PID") == getpid() ? number("LISTEN_FDS") : 0;
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
          htons(PortOf(AddressOf(listeners.front().fd_.get())));
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

bool Listener::AreHandedOver() { return CountHandedOver() > 0; }

tl::expected<std::vector<Listener>, std::string> Listener::FromSystemd() {
  constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
  const int count = CountHandedOver();
  if (count <= 0) return tl::unexpected(std::string("systemd has handed over no socket"));
  std::vector<Listener> listeners;
  for (int fd = kFirst; fd < kFirst + count; ++fd) {
    Listener& listener = listeners.emplace_back(Listener(FileDescriptor(fd)));
    int listens = 0;
    socklen_t size = sizeof listens;
    const bool is_socket =
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0;
    if (!is_socket || !IsOfInternet(AddressOf(fd))) {
      return tl::unexpected("descriptor " + std::to_string(fd) +
                            " of systemd does not listen by TCP");
    }
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
      return tl::unexpected(listener.Address() + ": " + std::strerror(errno));
    }
  }
  return listeners;
}

std::string Listener::Address() const {
  const sockaddr_storage address = AddressOf(fd_.get());
  std::array<char, NI_MAXHOST> host{};
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), sizeof address, host.data(),
                  host.size(), nullptr, 0, NI_NUMERICHOST) != 0) {
    return "?";
  }
  return HostPort{.host = host.data(), .port = PortOf(address)}.ToString();
}

// Connections whose TLS handshake is not over. The library would ask each of them again and again,
// with all of a core, until its client goes on (common error 18). So they sleep between turns,
// until their sockets are ready for what the handshake waits for. The server's thread.
class HttpServer::Handshakes {
 public:
  struct Handshake {
    MHD_Connection* connection;
    gnutls_session_t session;
    int socket;  // not owned
    bool is_watched = false;
    std::list<Handshake>::iterator self;
  };
  struct Remover {
    Handshakes* from;
    void operator()(const Handshake* handshake) const { from->Remove(*handshake); }
  };
  // To be let go of when it is over, or its connection: awake in either case.
  using Owner = std::unique_ptr<const Handshake, Remover>;

  // Readable when one is to be woken.
  int fd() const { return epoll_.get(); }

  Owner Add(MHD_Connection* connection, gnutls_session_t session, int socket) {
    awake_.push_front({.connection = connection, .session = session, .socket = socket});
    awake_.front().self = awake_.begin();
    return Owner(&awake_.front(), Remover{this});
  }

  // Between two turns of the library.
  void Sleep() {
    for (auto next = awake_.begin(); next != awake_.end();) {
      const auto handshake = next++;
      epoll_event event{};
      event.events = EPOLLONESHOT;
      event.events |= gnutls_record_get_direction(handshake->session) == 0 ? EPOLLIN : EPOLLOUT;
      event.data.ptr = &*handshake;
      // Where the system has no room for one more, it stays awake.
      if (epoll_ctl(epoll_.get(), handshake->is_watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
                    handshake->socket, &event) != 0) {
        continue;
      }
      handshake->is_watched = true;
      MHD_suspend_connection(handshake->connection);
      asleep_.splice(asleep_.begin(), awake_, handshake);
    }
  }

  void WakeReady() {
    std::array<epoll_event, 64> ready;
    const int count = epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), 0);
    for (int i = 0; i < count; ++i) {
      Wake(*static_cast<Handshake*>(ready.at(static_cast<std::size_t>(i)).data.ptr));
    }
  }

  void WakeAll() {
    while (!asleep_.empty()) Wake(asleep_.front());
  }

 private:
  void Remove(const Handshake& handshake) { awake_.erase(handshake.self); }

  void Wake(const Handshake& handshake) {
    MHD_resume_connection(handshake.connection);
    awake_.splice(awake_.begin(), asleep_, handshake.self);
  }

  const FileDescriptor epoll_{epoll_create1(EPOLL_CLOEXEC)};
  std::list<Handshake> awake_;
  std::list<Handshake> asleep_;
};

// A request between its arrival and its answer. Its connection owns it, and so does whoever is to
// answer, also when that comes after the connection's end.
class HttpServer::Exchange {
 public:
  explicit Exchange(std::shared_ptr<const Wakeup> wakeup) : wakeup_(std::move(wakeup)) {}

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
    if (suspended_ == nullptr) return;
    MHD_resume_connection(std::exchange(suspended_, nullptr));
    wakeup_->Notify();
  }

  const std::shared_ptr<const Wakeup> wakeup_;

  std::mutex mutex_;
  std::optional<Outcome> outcome_;
  MHD_Connection* suspended_ = nullptr;  // not owned; it can't go while it sleeps
};

// The clients of a server and their requests that are under way, and the library's callbacks about
// them.
class HttpServer::Exchanges {
 public:
  Exchanges(Handler handler, unsigned most_connections, Credentials credentials)
      : handler_(std::move(handler)),
        credentials_(std::move(credentials)),
        most_connections_(most_connections),
        clients_(most_connections - Reserve(most_connections)) {}

  // Throws std::runtime_error when the library can't. `listening` is not owned.
  MHD_Daemon* Start(int listening) {
    // Its connections inherit it. Where the kernel has no such option, it takes what it likes.
    setsockopt(listening, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytes, sizeof kUnsentBytes);
    // With TLS, the library asks this for a certificate in a handshake that was given none.
    const auto no_certificate = [](gnutls_session_t, const gnutls_datum_t*, int,
                                   const gnutls_pk_algorithm_t*, int, gnutls_pcert_st**,
                                   unsigned int*, gnutls_privkey_t*) { return -1; };
    auto* const callback = reinterpret_cast<void*>(
        static_cast<gnutls_certificate_retrieve_function2*>(no_certificate));
    std::array<MHD_OptionItem, 2> tls_options = {
        {{MHD_OPTION_HTTPS_CERT_CALLBACK, 0, callback}, {MHD_OPTION_END, 0, nullptr}}};
    MHD_Daemon* const daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
            (credentials_ ? static_cast<unsigned>(MHD_USE_TLS) : 0U),
        0, nullptr, nullptr, &OnRequest, this, MHD_OPTION_NOTIFY_CONNECTION, &OnConnection, this,
        MHD_OPTION_NOTIFY_COMPLETED, &OnCompleted, this, MHD_OPTION_LISTEN_SOCKET, listening,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionBytes, MHD_OPTION_CONNECTION_LIMIT,
        most_connections_, MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds,
        credentials_ ? MHD_OPTION_ARRAY : MHD_OPTION_END, tls_options.data(), MHD_OPTION_END);
    if (daemon == nullptr) throw std::runtime_error("the HTTP server can't be started");
    return daemon;
  }

  // Wakes the server's thread: the library does not when another thread resumes a connection.
  const Wakeup& wakeup() const { return *wakeup_; }

  // The server's thread: whether a connection has ended since the last call. The library, which
  // stops listening when it has the most connections, goes on with that at its next turn.
  bool TakeHasRoom() { return std::exchange(has_room_, false); }

  Handshakes& handshakes() { return handshakes_; }

  // The server's thread.
  void EnforceDeadlines(Clients::TimePoint now) { clients_.EnforceDeadlines(now); }

  // From here on nobody waits: the library can't end a connection that sleeps.
  void StopWaiting() {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    for (const auto& exchange : waiting_) exchange->Resume();
  }

 private:
  // What the library keeps of a connection for us.
  struct Connected {
    Clients::Id client;
    std::shared_ptr<const TlsCredentials> credentials;  // of its session; nullptr: plain text
    Handshakes::Owner handshake;                        // until its first request
  };

  // What a connection keeps of its request; nullptr until the handler has it.
  using State = std::shared_ptr<Exchange>;

  // MHD_NotifyConnectionCallback.
  static void OnConnection(void* exchanges, MHD_Connection* connection, void** context,
                           MHD_ConnectionNotificationCode what) {
    auto& self = *static_cast<Exchanges*>(exchanges);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
      const int fd =
          MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
      try {
        auto connected = std::make_unique<Connected>();
        if (self.credentials_) connected->credentials = self.credentials_();
        if (connected->credentials) {
          gnutls_session_t session = SessionOf(connection);
          connected->credentials->ApplyTo(session);
          connected->handshake = self.handshakes_.Add(connection, session, fd);
        }
        connected->client = self.clients_.Add(fd, Clock::now());
        *context = connected.release();
      } catch (const std::bad_alloc&) {
        shutdown(fd, SHUT_RDWR);
      }
      return;
    }
    self.has_room_ = true;
    const std::unique_ptr<Connected> gone(
        static_cast<Connected*>(std::exchange(*context, nullptr)));
    if (gone) self.clients_.Remove(gone->client);
  }

  // Of TLS; of one in plain text there is none.
  static gnutls_session_t SessionOf(MHD_Connection* connection) {
    return static_cast<gnutls_session_t>(
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session);
  }

  // nullptr where there was no memory for it.
  static Connected* ConnectedOf(MHD_Connection* connection) {
    return static_cast<Connected*>(
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context);
  }

  void Enter(MHD_Connection* connection, Clients::Stage stage) {
    const Connected* const connected = ConnectedOf(connection);
    if (connected == nullptr || connected->client->stage == stage) return;
    clients_.Enter(connected->client, stage, Clock::now());
  }

  // MHD_AccessHandlerCallback. The first call of a request comes with its headers; a response
  // queued then would close the connection. A body is read and thrown away before the answer. The
  // last call is made again when the connection has slept.
  static MHD_Result OnRequest(void* exchanges, MHD_Connection* connection, const char* url,
                              const char* method, const char* /*version*/, const char* /*upload*/,
                              std::size_t* upload_size, void** state) {
    if (*state == nullptr) {
      static_cast<Exchanges*>(exchanges)->Enter(connection, Clients::Stage::kRequest);
      if (Connected* const connected = ConnectedOf(connection)) connected->handshake.reset();
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
  static void OnCompleted(void* exchanges, MHD_Connection* connection, void** state,
                          MHD_RequestTerminationCode /*how*/) {
    const std::unique_ptr<State> exchange(static_cast<State*>(std::exchange(*state, nullptr)));
    if (!exchange) return;
    auto& self = *static_cast<Exchanges*>(exchanges);
    self.Enter(connection, Clients::Stage::kIdle);
    const std::lock_guard lock(self.mutex_);
    self.waiting_.erase(*exchange);  // it need not have been asked again
  }

  MHD_Result Answer(MHD_Connection* connection, const char* url, const char* method,
                    State& exchange) {
    if (!exchange) {
      Request request = RequestOf(connection, url, method);
      const Connected* const connected = ConnectedOf(connection);
      request.client = ClientAt(
          MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
      request.lacks_client_certificate = connected != nullptr && connected->credentials &&
                                         !connected->credentials->Admits(SessionOf(connection));
      exchange = HandOver(request);
    }
    auto outcome = TakeOrWait(connection, exchange);
    Enter(connection, outcome ? Clients::Stage::kReading : Clients::Stage::kAnswer);
    if (!outcome) return MHD_YES;
    if (*outcome) return QueueResponse(connection, **std::move(outcome));
    LogError("a request failed", {{"method", method},
                                  {"path", Excerpt(PathOf(url))},
                                  {"reason", ReasonOf(outcome->error())}});
    return QueueResponse(connection,
                         PlainText(500, "Internal error: the exporter's log says more."));
  }

  State HandOver(const Request& request) const {
    auto exchange = std::make_shared<Exchange>(wakeup_);
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
    const bool may_wait = !is_stopping_ && waiting_.size() < most_connections_ / 2;
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

  using Clock = std::chrono::steady_clock;

  const Handler handler_;
  const Credentials credentials_;
  const unsigned most_connections_;
  // Of the server's thread.
  Clients clients_;
  Handshakes handshakes_;
  bool has_room_ = false;
  const std::shared_ptr<const Wakeup> wakeup_ = std::make_shared<const Wakeup>();
  std::mutex mutex_;
  bool is_stopping_ = false;           // guarded by mutex_
  std::unordered_set<State> waiting_;  // guarded by mutex_
};

HttpServer::HttpServer(Listener listener, Handler handler, unsigned most_connections,
                       Credentials credentials)
    : exchanges_(std::make_unique<Exchanges>(std::move(handler), most_connections,
                                             std::move(credentials))),
      listening_(listener.Release()),
      daemon_(exchanges_->Start(listening_.get())),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void HttpServer::Run(const std::stop_token& stop) {
  using Clock = std::chrono::steady_clock;
  using std::chrono::milliseconds;
  Handshakes& handshakes = exchanges_->handshakes();
  std::array<pollfd, 3> ready = {
      {{.fd = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, .events = POLLIN},
       {.fd = exchanges_->wakeup().fd(), .events = POLLIN},
       {.fd = handshakes.fd(), .events = POLLIN}}};
  auto next_beat = Clock::now() + kBeat;
  while (!stop.stop_requested()) {
    const milliseconds until_beat = std::chrono::ceil<milliseconds>(next_beat - Clock::now());
    MHD_UNSIGNED_LONG_LONG timeout = 0;
    milliseconds wait = std::max(until_beat, milliseconds::zero());
    if (exchanges_->TakeHasRoom()) {
      wait = milliseconds::zero();
    } else if (MHD_get_timeout(daemon_, &timeout) == MHD_YES) {
      wait = std::min(wait, milliseconds(std::min<MHD_UNSIGNED_LONG_LONG>(timeout, 1000)));
    }
    poll(ready.data(), ready.size(), static_cast<int>(wait.count()));
    if (ready[1].revents != 0) exchanges_->wakeup().Drain();
    if (ready[2].revents != 0) handshakes.WakeReady();
    MHD_run(daemon_);
    handshakes.Sleep();
    const auto now = Clock::now();
    if (now < next_beat) continue;
    exchanges_->EnforceDeadlines(now);
    next_beat = now + kBeat;
  }
  handshakes.WakeAll();  // the library can't end a connection that sleeps
}

HttpServer::~HttpServer() {
  exchanges_->StopWaiting();
  thread_.request_stop();
  exchanges_->wakeup().Notify();
  thread_.join();
  MHD_quiesce_daemon(daemon_);  // leaves the socket to its owner
  MHD_stop_daemon(daemon_);
}

}  // namespace arkouda_exporter
