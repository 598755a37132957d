#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "clusters/communicator.h"
#include "clusters/heartbeat.h"

namespace understudy {

/// MPI from start to end of the process; made once, in main, outside the block that catches errors. The only place
/// that knows MPI is mpi_session.cc.
class MpiSession {
 public:
  enum class Start {
    kIfLaunched,  ///< MPI only when mpirun or srun started this process; alone it is one rank without MPI
    kAlways,      ///< MPI also for a process that was started alone
  };

  /// @param timeout    how long any rank may wait for the others before that is an error
  /// @param heartbeat  told of every wait for other ranks; must outlive the session. nullptr: nobody is told
  /// @throws ClusterError  when MPI cannot start, gives no MPI_THREAD_MULTIPLE, or sees fewer ranks than were launched
  explicit MpiSession(Start start = Start::kIfLaunched,
                      std::chrono::seconds timeout = std::chrono::minutes(30),
                      Heartbeat* heartbeat = nullptr);
  /// Finalises MPI, which waits for the other ranks; all communicators but `ranks()` must be gone. After an error call
  /// `abort` instead.
  ~MpiSession();
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;

  Communicator& ranks() { return *ranks_; }
  /// Ends all ranks at once: one that left quietly would keep the others waiting.
  [[noreturn]] void abort(int exit_code);

 private:
  bool uses_mpi_ = false;
  std::unique_ptr<Communicator> ranks_;
};

}  // namespace understudy
