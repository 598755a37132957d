#pragma once

namespace understudy {

/// The wish, sent by a signal, that the run saves a checkpoint and ends: USR1, USR2, TERM or INT. Installed once, in a
/// process that nobody supervises (a supervised rank's attendant takes the signals); the trainer polls it and lets the
/// ranks agree. A second INT has its default effect and ends the process.
class StopRequest {
 public:
  /// @throws ClusterError  when another one is installed or the system refuses the handler
  StopRequest();
  /// Puts the former handlers back.
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  /// Safe in any thread.
  bool requested() const;
};

}  // namespace understudy
