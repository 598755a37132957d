#include "data_pipeline/excluded_samples.h"

#include <algorithm>

namespace understudy {

ExcludedSamples::ExcludedSamples(std::span<const std::int64_t> numbers) : numbers_(numbers.begin(), numbers.end()) {
  std::sort(numbers_.begin(), numbers_.end());
}

std::uint64_t ExcludedSamples::drawn_for(std::uint64_t sample) const {
  while (std::binary_search(numbers_.begin(), numbers_.end(), sample)) sample += kStandIn;
  return sample;
}

}  // namespace understudy
