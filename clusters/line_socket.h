#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace understudy {

/// A stream socket that carries lines of text. Sending and receiving never wait: what cannot be sent yet is kept.
class LineSocket {
 public:
  explicit LineSocket(int descriptor) : descriptor_(descriptor) {}
  LineSocket(LineSocket&& other) noexcept;
  LineSocket& operator=(LineSocket&& other) noexcept;
  ~LineSocket();

  /// Tries the addresses in order, each for at most `patience_ms`. @return  nothing when none answers
  static std::optional<LineSocket> connect(const std::vector<std::string>& hosts, std::uint16_t port, int patience_ms);

  int descriptor() const { return descriptor_; }
  bool open() const { return descriptor_ >= 0; }
  bool has_unsent() const { return !unsent_.empty(); }
  /// Adds a line and sends what the system takes. Closes when the other side is gone, or takes nothing for 1 MiB.
  void send(std::string_view line);
  void flush();
  /// Complete lines that have come. Closes at the end of the stream.
  std::vector<std::string> receive();
  void close();

 private:
  int descriptor_ = -1;
  std::string unsent_;
  std::string received_;
};

/// Accepts connections on a port that the system chooses.
class LineListener {
 public:
  /// On all addresses of this machine. @throws ClusterError
  LineListener();
  ~LineListener();
  LineListener(const LineListener&) = delete;
  LineListener& operator=(const LineListener&) = delete;

  int descriptor() const { return descriptor_; }
  std::uint16_t port() const { return port_; }
  /// @return  nothing when nobody waits to be accepted
  std::optional<LineSocket> accept() const;

 private:
  int descriptor_ = -1;
  std::uint16_t port_ = 0;
};

/// Numeric addresses at which other machines may reach this one, the loopback last.
std::vector<std::string> addresses_of_this_machine();

}  // namespace understudy
