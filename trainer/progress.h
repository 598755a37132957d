#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trainer/recipe.h"

namespace understudy {

/// The progress line of a run: phase, iteration, loss, rate and remaining time.
class Progress {
 public:
  Progress(std::int64_t completed, std::int64_t end) : completed_(completed), end_(end) {}

  /// Takes the seconds of one more iteration.
  void count(double seconds);
  /// "phase II  iteration 300/1000  total 0.1234  3.2 it/s  0:12 left"
  std::string line(const std::string& phase, std::int64_t completed, const std::vector<Term>& terms) const;

 private:
  std::int64_t completed_;
  std::int64_t end_;
  double smoothed_seconds_ = 0.0;  ///< of an iteration, over about the last twenty
};

/// 4521 s as "1:15:21".
std::string clock_text(double seconds);

}  // namespace understudy
