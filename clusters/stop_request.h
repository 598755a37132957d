#pragma once

namespace understudy {

/// The wish, sent by a signal, that the run saves a checkpoint and ends. Installed once, first thing in main; the
/// trainer polls it at the end of each iteration and lets the ranks agree on it.
/// SIGUSR2 always asks. SIGTERM and SIGINT ask only in a process that `understudy launch` did not start: there mpirun
/// sends them to get rid of the ranks. A second SIGINT has its default effect and ends the process.
class StopRequest {
 public:
  enum class Signals { kUser, kUserTerminateAndInterrupt };

  /// @throws ClusterError  when another one is installed or the system refuses the handler
  explicit StopRequest(Signals signals);
  /// Puts the former handlers back.
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  /// Safe in any thread.
  bool requested() const;
};

/// Signals for this process: kUser under `understudy launch`, which marks the ranks' environment, else all three.
StopRequest::Signals stop_signals_of_this_process();

}  // namespace understudy
