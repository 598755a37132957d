#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "clusters/rank_status.h"

namespace understudy {

/// How long a rank may go without a sign of life. Defaults are those of `understudy launch`.
struct HangLimits {
  double least_seconds = 5.0;
  double factor = 3.0;             ///< times the 99th percentile of what the section took so far
  double unknown_seconds = 600.0;  ///< for a section that has not been seen often enough
  double lost_seconds = 10.0;      ///< without a word from a rank's attendant
  std::uint64_t enough = 3;        ///< times that a section must have been seen
};

/// What the supervisor knows of a rank.
struct WatchedRank {
  RankStatus status;
  double silent_seconds = 0.0;  ///< since its attendant's last word
};

/// A run that does not go on, and why.
struct HangFinding {
  std::vector<int> guilty;  ///< ranks; empty when all wait for each other in the same collective
  bool lost = false;        ///< nothing is heard of the guilty ones: their node is gone or cut off
  std::string message;
};

/// Decides whether a run hangs and which rank is to blame. Pure: time comes with what it is given.
/// A rank that waits for others is never to blame while another one does something else; so a slow rank is found by the
/// limit of what it does, and others may wait for it as long as that takes.
class Watchdog {
 public:
  explicit Watchdog(HangLimits limits = {}) : limits_(limits) {}

  /// Takes over what the ranks' sections took. Kept over restarts, so that the first steps of the next start are judged
  /// by it.
  void learn(const RankStatus& status);
  /// What a section takes at most, 99 times in a hundred; nothing when it was not seen yet.
  std::optional<double> usual_seconds(Section section) const;
  /// Seconds without a sign of life that are too many in a section.
  double limit(Section section) const;
  /// @return  nothing while the run goes on, or may
  std::optional<HangFinding> judge(std::span<const WatchedRank> ranks) const;

 private:
  std::optional<HangFinding> judge_waiting(std::span<const WatchedRank> ranks) const;

  HangLimits limits_;
  std::array<GapReading, kSections> known_{};
};

}  // namespace understudy
