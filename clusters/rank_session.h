#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "clusters/heartbeat.h"
#include "clusters/mpi_session.h"
#include "clusters/rank_context.h"
#include "clusters/stop_request.h"

namespace understudy {

/// A rank from start to end of its process; made once, first thing in main, before any thread runs and outside the
/// block that catches errors. Under `understudy launch` it gives the process an attendant; then it starts MPI if mpirun
/// or srun started the process.
class RankSession {
 public:
  /// @throws ClusterError  as MpiSession, and when the supervisor cannot be reached
  explicit RankSession(std::chrono::seconds timeout = std::chrono::minutes(30));

  RankContext context();
  Communicator& ranks() { return mpi_->ranks(); }
  /// Names this start of the run, so that words of former starts are told from its own; empty when unsupervised.
  const std::string& start_token() const { return start_token_; }
  /// Ends all ranks at once: one that left quietly would keep the others waiting.
  [[noreturn]] void abort(int exit_code) { mpi_->abort(exit_code); }

 private:
  Heartbeat heartbeat_;
  std::string start_token_;
  std::optional<StopRequest> signals_;  ///< of a process without an attendant
  std::optional<MpiSession> mpi_;
};

}  // namespace understudy
