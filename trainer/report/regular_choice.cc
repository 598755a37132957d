#include "trainer/report/regular_choice.h"

#include <algorithm>

namespace understudy {
namespace {

constexpr std::int64_t kMost = 2000;

}  // namespace

void RegularChoice::add(double value) {
  if (seen_++ % stride_ != 0) return;
  kept_.push_back(value);
  if (size() < kMost) return;
  for (std::size_t i = 0; 2 * i < kept_.size(); ++i) kept_[i] = kept_[2 * i];
  kept_.resize(kept_.size() / 2);
  stride_ *= 2;
}

double RegularChoice::median() const {
  if (kept_.empty()) return 0.0;
  std::vector<double> values = kept_;
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace understudy
