#include "launcher/rank_watch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <sys/random.h>

#include "common/errors.h"

namespace understudy {
namespace {

/// Sixteen random digits. Not a draw of the run: it only has to differ from those of other starts.
std::string new_token() {
  std::array<unsigned char, 8> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw ClusterError(fmt::format("the system gives no random bytes: {}", std::strerror(errno)));
  std::string token;
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

}  // namespace

RankWatch::RankWatch() : address_{new_token(), addresses_of_this_machine(), listener_.port()} {}

void RankWatch::add_descriptors(std::vector<pollfd>& events) const {
  events.push_back({listener_.descriptor(), POLLIN, 0});
  for (const Connection& connection : connections_) {
    events.push_back({connection.socket.descriptor(),
                      static_cast<short>(connection.socket.has_unsent() ? POLLIN | POLLOUT : POLLIN),
                      0});
  }
}

void RankWatch::read() {
  while (auto socket = listener_.accept()) connections_.push_back({std::move(*socket)});
  for (Connection& connection : connections_) {
    for (const std::string& line : connection.socket.receive()) take(connection, line);
    connection.socket.flush();
  }
  std::erase_if(connections_, [](const Connection& connection) { return !connection.socket.open(); });
}

void RankWatch::take(Connection& connection, const std::string& line) {
  if (connection.refused) return;
  if (!connection.admitted) {
    connection.admitted = line == address_.token;
    connection.refused = !connection.admitted;
    // One that does not know the token is a rank of a former start that was cut off and lives on.
    if (connection.refused) connection.socket.send(to_line(AttendantCommand::kKill));
    if (connection.admitted) {
      for (const AttendantCommand command : told_) connection.socket.send(to_line(command));
    }
    return;
  }
  if (const auto status = status_from(line)) note(*status);
  if (auto stacks = stacks_from(line)) stacks_[stacks->rank] = std::move(stacks->text);
}

void RankWatch::note(const RankStatus& status) {
  const bool ended_before = entries_.contains(status.rank) && entries_[status.rank].status.end;
  entries_[status.rank] = {status, Clock::now()};
  if (status.end && !ended_before && (status.end->signal != 0 || status.end->exit_code != 0))
    ended_badly_.push_back(status.rank);
}

void RankWatch::tell_all(AttendantCommand command) {
  told_.push_back(command);
  for (Connection& connection : connections_) {
    if (connection.admitted) connection.socket.send(to_line(command));
  }
}

std::vector<WatchedRank> RankWatch::ranks() const {
  std::vector<WatchedRank> all;
  for (const auto& [rank, entry] : entries_)
    all.push_back({entry.status, std::chrono::duration<double>(Clock::now() - entry.heard).count()});
  return all;
}

std::vector<RankStatus> RankWatch::last_words() const {
  std::vector<RankStatus> all;
  for (const auto& [rank, entry] : entries_) all.push_back(entry.status);
  return all;
}

}  // namespace understudy
