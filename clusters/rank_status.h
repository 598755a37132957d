#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "clusters/heartbeat.h"

namespace understudy {

/// How the process of a rank ended.
struct RankEnd {
  int exit_code = 0;
  int signal = 0;              ///< that ended it; 0: it left by itself
  bool out_of_memory = false;  ///< the system ended a process for want of memory at that time
};

/// What a rank's attendant says of it.
struct RankStatus {
  int rank = -1;
  std::string node;
  pid_t process = 0;
  char state = '?';  ///< of the main thread, as in /proc
  std::int64_t iteration = -1;
  Section section = Section::kStart;
  CollectiveReading collective;
  double idle_seconds = 0.0;  ///< since the last sign of life, without the time for which other work had the processors
  std::array<GapReading, kSections> gaps;
  int stop_signal = 0;  ///< a signal from outside that asked this rank to stop; 0: none came
  std::optional<RankEnd> end;
};

/// Stopped by a signal or a debugger, or blocked in a device: unable to do anything.
bool is_halted(const RankStatus& status);
/// In a collective, and able to leave it when the others come.
bool waits_for_others(const RankStatus& status);

/// One line of JSON without its line feed.
std::string to_line(const RankStatus& status);
/// @return  nothing when the line is no status
std::optional<RankStatus> status_from(std::string_view line);

/// The stacks of a rank's threads, as its attendant sends them.
struct RankStacks {
  int rank = -1;
  std::string text;
};
std::string to_line(const RankStacks& stacks);
std::optional<RankStacks> stacks_from(std::string_view line);

/// "rank 3 on node n2 (process 4711), iteration 120, save: waits in collective 88, gather the terms of the losses"
std::string describe(const RankStatus& status);

}  // namespace understudy
