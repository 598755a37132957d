#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <vector>

namespace understudy {

/// The SLURM job that this process runs in.
class SlurmJob {
 public:
  /// @return  nothing outside of a job
  static std::optional<SlurmJob> current();

  const std::string& id() const { return id_; }
  /// Names of its nodes, in SLURM's order.
  const std::vector<std::string>& nodes() const { return nodes_; }
  int tasks() const { return tasks_; }  ///< that were asked for; 0: unknown
  /// When its wall time is up. Asks the controller, since an administrator may have changed it. @return  nothing when
  /// it has no limit or the controller does not answer
  std::optional<std::time_t> end() const;
  /// "RUNNING", "COMPLETING", "CANCELLED", ...; empty when the controller does not answer.
  std::string state() const;
  /// Puts the job back into the queue, which ends this process and its steps at once: the last thing to be done.
  /// @return  whether SLURM agreed
  bool requeue() const;

 private:
  std::string id_;
  std::vector<std::string> nodes_;
  int tasks_ = 0;
};

/// Time from "2026-11-21T10:49:27", as SLURM prints it in local time; nothing for "N/A", "UNLIMITED" and the like.
std::optional<std::time_t> time_from_slurm(const std::string& text);

}  // namespace understudy
