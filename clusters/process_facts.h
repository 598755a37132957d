#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace understudy {

/// One thread of a process as /proc shows it.
struct ThreadFacts {
  pid_t id = 0;
  std::string name;
  char state = '?';          ///< R running, S sleeping, D waiting for a device, T stopped, Z ended, ...
  std::string wait_channel;  ///< function of the kernel in which it sleeps; empty when the system does not tell
  double cpu_seconds = 0.0;
  double starved_seconds = 0.0;  ///< ready to run while others had the processors
};

/// The threads of a process, the main one first; nothing when it has ended.
std::optional<std::vector<ThreadFacts>> threads_of(pid_t process);

/// State of the main thread alone; 'X' when the process has ended.
char process_state(pid_t process);

/// Seconds that the threads of a process were ready to run while others had the processors, of each thread the total.
/// Cheaper than threads_of.
std::vector<std::pair<pid_t, double>> starved_seconds_of(pid_t process);

/// A process as text, for a report: state, memory, what its threads do, and where in the kernel those are that are
/// blocked.
std::string describe_process(pid_t process);

/// Number of times the kernel has ended a process of this control group or machine for want of memory; grows only.
std::int64_t out_of_memory_kills();

}  // namespace understudy
