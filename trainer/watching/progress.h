#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trainer/recipe.h"

namespace understudy {

/// How far a run is and how fast, as rank 0 sees it.
class Progress {
 public:
  Progress(std::int64_t completed, std::int64_t end, std::int64_t samples_an_iteration)
      : completed_(completed), end_(end), samples_(static_cast<double>(samples_an_iteration)) {}

  /// Takes the seconds of one more iteration, and those of them that it waited for data.
  void count(double seconds, double data_wait);

  std::int64_t completed() const { return completed_; }
  std::int64_t end() const { return end_; }
  double seconds_per_iteration() const { return seconds_; }  ///< over about the last twenty, as the next two
  double samples_per_second() const;
  double data_wait_share() const;
  double seconds_left() const;

  /// "phase II  iteration 300/1000  total 0.1234  3.2 it/s  77 samples/s  data 2 %  0:12 left"
  std::string line(const std::string& phase, const std::vector<Term>& terms) const;
  /// The same behind a bar of what is done, cut to so many columns.
  std::string bar(const std::string& phase, const std::vector<Term>& terms, int columns) const;

 private:
  std::int64_t completed_;
  std::int64_t end_;
  double samples_;
  double seconds_ = 0.0;
  double data_wait_ = 0.0;
};

/// 4521 s as "1:15:21".
std::string clock_text(double seconds);

}  // namespace understudy
