#pragma once

#include <cstdint>
#include <vector>

namespace understudy {

/// Every k-th of a sequence of any length, k such that at least a thousand and at most two thousand values are kept
/// where there are as many: enough for a median, in bounded memory.
class RegularChoice {
 public:
  void add(double value);
  /// 0 when there is none.
  double median() const;
  std::int64_t size() const { return static_cast<std::int64_t>(kept_.size()); }

 private:
  std::vector<double> kept_;
  std::int64_t seen_ = 0;
  std::int64_t stride_ = 1;
};

}  // namespace understudy
