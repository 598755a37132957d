#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>

#include "clusters/attendant.h"
#include "clusters/line_socket.h"
#include "clusters/rank_status.h"
#include "clusters/watchdog.h"

namespace understudy {

/// The attendants of one start's ranks: takes their connections, keeps what each said last and hands commands on. Never
/// waits.
class RankWatch {
 public:
  RankWatch();

  /// What the ranks of this start are given; its token is another one for every start.
  const SupervisorAddress& address() const { return address_; }
  void add_descriptors(std::vector<pollfd>& events) const;
  /// Takes whatever has come.
  void read();
  /// Tells all ranks, also those that come to life later.
  void tell_all(AttendantCommand command);

  std::vector<WatchedRank> ranks() const;
  std::vector<RankStatus> last_words() const;
  /// Ranks that ended by a signal or with a code, in the order of their ends.
  const std::vector<int>& ended_badly() const { return ended_badly_; }
  const std::map<int, std::string>& stacks() const { return stacks_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Connection {
    LineSocket socket;
    bool admitted = false;
    bool refused = false;
  };
  struct Entry {
    RankStatus status;
    Clock::time_point heard;
  };

  void take(Connection& connection, const std::string& line);
  void note(const RankStatus& status);

  LineListener listener_;
  SupervisorAddress address_;
  std::vector<Connection> connections_;
  std::map<int, Entry> entries_;
  std::map<int, std::string> stacks_;
  std::vector<int> ended_badly_;
  std::vector<AttendantCommand> told_;
};

}  // namespace understudy
