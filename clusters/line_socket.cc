#include "clusters/line_socket.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr std::size_t kMostUnsent = 1U << 20U;

/// One address with its port, of either version of the protocol.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

std::optional<Address> address_of(const std::string& host, std::uint16_t port) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.size = sizeof(sockaddr_in);
    return address;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.size = sizeof(sockaddr_in6);
    return address;
  }
  return std::nullopt;
}

/// @return  a connected descriptor that does not wait, or -1
int connect_to(const Address& address, int patience_ms) {
  const int descriptor = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  const int result = ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address.storage), address.size);
  pollfd ready{descriptor, POLLOUT, 0};
  int failure = result == 0 ? 0 : errno;
  if (failure == EINPROGRESS && ::poll(&ready, 1, patience_ms) == 1) {
    socklen_t size = sizeof failure;
    ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size);
  }
  if (failure == 0) return descriptor;
  ::close(descriptor);
  return -1;
}

}  // namespace

LineSocket::LineSocket(LineSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      unsent_(std::move(other.unsent_)),
      received_(std::move(other.received_)) {}

LineSocket& LineSocket::operator=(LineSocket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(unsent_, other.unsent_);
  std::swap(received_, other.received_);
  return *this;
}

LineSocket::~LineSocket() {
  close();
}

void LineSocket::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

std::optional<LineSocket> LineSocket::connect(const std::vector<std::string>& hosts,
                                              std::uint16_t port,
                                              int patience_ms) {
  for (const std::string& host : hosts) {
    const auto address = address_of(host, port);
    const int descriptor = address ? connect_to(*address, patience_ms) : -1;
    if (descriptor < 0) continue;
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return LineSocket(descriptor);
  }
  return std::nullopt;
}

void LineSocket::send(std::string_view line) {
  unsent_ += line;
  unsent_ += '\n';
  flush();
  if (unsent_.size() > kMostUnsent) close();
}

void LineSocket::flush() {
  while (open() && !unsent_.empty()) {
    const ssize_t sent = ::send(descriptor_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (sent < 0) return close();
    unsent_.erase(0, static_cast<std::size_t>(sent));
  }
}

std::vector<std::string> LineSocket::receive() {
  std::array<char, 4096> buffer{};
  while (open()) {
    const ssize_t came = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (came < 0 && errno == EINTR) continue;
    if (came < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (came <= 0) {
      close();
      break;
    }
    received_.append(buffer.data(), static_cast<std::size_t>(came));
  }
  std::vector<std::string> lines;
  for (std::size_t end = received_.find('\n'); end != std::string::npos; end = received_.find('\n')) {
    lines.push_back(received_.substr(0, end));
    received_.erase(0, end + 1);
  }
  return lines;
}

LineListener::LineListener() {
  // One socket for both versions of the protocol; machines without the newer one get the older alone.
  const int off = 0;
  sockaddr_in6 both{};
  both.sin6_family = AF_INET6;
  both.sin6_addr = in6addr_any;
  descriptor_ = ::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  bool bound = descriptor_ >= 0 && ::setsockopt(descriptor_, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0 &&
               ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&both), sizeof both) == 0;
  if (!bound) {
    if (descriptor_ >= 0) ::close(descriptor_);
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(INADDR_ANY);
    descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bound = descriptor_ >= 0 && ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&v4), sizeof v4) == 0;
  }
  if (!bound || ::listen(descriptor_, SOMAXCONN) != 0)
    throw ClusterError(fmt::format("cannot listen for the ranks: {}", std::strerror(errno)));
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&own), &size);
  port_ = ntohs(own.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&own)->sin6_port
                                          : reinterpret_cast<const sockaddr_in*>(&own)->sin_port);
}

LineListener::~LineListener() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<LineSocket> LineListener::accept() const {
  const int descriptor = ::accept4(descriptor_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  return LineSocket(descriptor);
}

std::vector<std::string> addresses_of_this_machine() {
  std::vector<std::string> addresses;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) == 0) {
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(list, &::freeifaddrs);
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
      const bool usable = entry->ifa_addr != nullptr && (entry->ifa_flags & IFF_UP) != 0 &&
                          (entry->ifa_flags & IFF_LOOPBACK) == 0 && entry->ifa_addr->sa_family == AF_INET;
      if (!usable) continue;
      std::array<char, INET_ADDRSTRLEN> text{};
      const auto* address = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr);
      ::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size());
      addresses.emplace_back(text.data());
    }
  }
  addresses.emplace_back("127.0.0.1");
  return addresses;
}

}  // namespace understudy
