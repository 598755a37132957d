#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace understudy {

/// How far a loss is above what it was.
struct Spike {
  double score = 0.0;  ///< robust z-score
  double median = 0.0;
  double limit = 0.0;  ///< losses above it are spikes
};

/// Finds spikes of the players' losses: a loss whose robust z-score (Iglewicz & Hoaglin 1993), its distance from the
/// median in units of 1.4826 x the median absolute deviation, exceeds a threshold. Median and deviation are those of
/// the last iterations of the same phase that were no spikes themselves. A function of what it was told: every rank
/// that is told the same finds the same. Its state is part of a checkpoint.
class SpikeDetector {
 public:
  /// @param threshold  robust z-score; 0 finds nothing. @param window  iterations
  SpikeDetector(double threshold, std::int64_t window) : threshold_(threshold), window_(window) {}

  bool on() const { return threshold_ > 0.0; }

  /// Nothing also as long as fewer losses of this player and phase are known than the window holds.
  /// @param loss  of an iteration, the mean over its micro-batches
  std::optional<Spike> judge(const std::string& player, const std::string& phase, double loss) const;

  /// Takes the loss of an iteration that is trained on. The first of another phase forgets those of the one before.
  void accept(const std::string& player, const std::string& phase, double loss);

  /// As JSON text, and back. @throws CheckpointError  from `restore` when the text does not fit
  std::string state() const;
  void restore(const std::string& json);

 private:
  struct History {
    std::string phase;
    std::deque<double> losses;
  };
  double threshold_;
  std::int64_t window_;
  std::map<std::string, History> histories_;  ///< by player
};

}  // namespace understudy
