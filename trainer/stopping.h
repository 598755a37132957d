#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "trainer/run_config.h"

namespace understudy {

/// Early stopping and the list of best checkpoints. Patience restarts and the best list is kept apart at each phase
/// boundary, because a phase may lower the metric by design. The state is part of a checkpoint.
class StoppingRule {
 public:
  explicit StoppingRule(const ValidationConfig& config);

  /// Takes the result of one validation. A result that is not finite is no improvement and none of the best.
  /// @param iteration  iterations completed so far
  void observe(const std::string& phase, std::int64_t iteration, double value);

  bool should_stop() const { return stopped_; }
  /// Iterations whose checkpoints are pinned, best first, by phase.
  const std::map<std::string, std::vector<std::int64_t>>& best() const { return best_iterations_; }
  /// The iteration of the best validation of the latest phase that has one.
  std::int64_t best_of_latest_phase() const;

  /// As JSON text, and back. @throws CheckpointError  from `restore` when the text does not fit
  std::string state() const;
  void restore(const std::string& json);

 private:
  struct Scored {
    std::int64_t iteration;
    double value;
  };
  bool better(double a, double b) const;
  void publish_best(const std::string& phase);

  ValidationConfig config_;
  std::string phase_;
  std::map<std::string, std::vector<Scored>> scored_;
  std::map<std::string, std::vector<std::int64_t>> best_iterations_;
  double reference_ = 0.0;  ///< best value of the phase that patience counts from
  bool has_reference_ = false;
  std::int64_t without_improvement_ = 0;
  bool stopped_ = false;
};

}  // namespace understudy
