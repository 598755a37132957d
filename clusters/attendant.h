#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clusters/heartbeat.h"

namespace understudy {

/// Name of the environment variable by which `understudy launch` tells ranks where it listens.
inline constexpr const char* kSupervisorVariable = "UNDERSTUDY_SUPERVISOR";

/// Where the supervisor of a start listens.
struct SupervisorAddress {
  std::string token;               ///< keeps strangers and ranks of former starts out
  std::vector<std::string> hosts;  ///< numeric addresses, tried in order
  std::uint16_t port = 0;
};
std::string to_text(const SupervisorAddress& address);  ///< "token,port,host,host..."
std::optional<SupervisorAddress> supervisor_address_from(std::string_view text);
/// From the environment; nothing when this process is no supervised rank.
std::optional<SupervisorAddress> supervisor_of_this_process();

/// What the supervisor says to an attendant, one line each.
enum class AttendantCommand {
  kStop,    ///< save and leave at the end of the iteration
  kStacks,  ///< send the stacks of all threads
  kKill,    ///< end the rank at once
};
std::string_view to_line(AttendantCommand command);

/// Forks. The child is the rank and returns. The parent never does: it attends to the child until that ends, and ends
/// like it. It passes on the child's signs of life twice a second, turns signals that ask for an end (TERM, INT, USR1,
/// USR2) into a request of the heartbeat, answers commands, and takes the child with it when it is killed or loses the
/// supervisor. Being a process of its own it can do so whatever state the rank is in.
/// Call it before any thread runs. @throws ClusterError  when the supervisor cannot be reached
void attend_to_this_rank(Heartbeat& heartbeat, const SupervisorAddress& supervisor, int rank);

/// Rank number as mpirun or srun tell it, before MPI runs; nothing for a process that neither started.
std::optional<int> rank_in_environment();

}  // namespace understudy
