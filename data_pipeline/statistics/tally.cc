#include "data_pipeline/statistics/tally.h"

namespace understudy {
namespace {

std::uint64_t bins(const Tally& tally, std::uint64_t width) {
  return tally.max() / width - tally.min() / width + 1;
}

}  // namespace

std::uint64_t next_round_width(std::uint64_t width) {
  std::uint64_t leading = width;
  while (leading >= 10) leading /= 10;
  return leading == 2 ? width / 2 * 5 : width * 2;
}

void Tally::add(std::uint64_t value, std::uint64_t times) {
  if (times == 0) return;
  times_[value] += times;
  count_ += times;
  sum_ += value * times;
}

std::uint64_t Tally::percentile(std::uint32_t percent) const {
  const std::uint64_t rank = (count_ / 100) * percent + (count_ % 100 * percent + 99) / 100;
  std::uint64_t seen = 0;
  for (const auto& [value, times] : times_) {
    seen += times;
    if (seen >= rank) return value;
  }
  return max();
}

Histogram histogram(const Tally& tally, std::size_t most_bins) {
  Histogram result;
  if (tally.empty()) return result;
  while (bins(tally, result.width) > most_bins) result.width = next_round_width(result.width);
  result.first = tally.min() / result.width * result.width;
  result.counts.resize(bins(tally, result.width));
  for (const auto& [value, times] : tally.times()) result.counts[(value - result.first) / result.width] += times;
  return result;
}

}  // namespace understudy
