#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace understudy {

/// How often each whole number occurred. Small even for the frames of a large set, and exact.
class Tally {
 public:
  void add(std::uint64_t value, std::uint64_t times = 1);

  std::uint64_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  std::uint64_t sum() const { return sum_; }
  /// The next four are for a tally that is not empty.
  std::uint64_t min() const { return times_.begin()->first; }
  std::uint64_t max() const { return times_.rbegin()->first; }
  double mean() const { return static_cast<double>(sum_) / static_cast<double>(count_); }
  /// The smallest value that at least `percent` % of all values do not exceed (nearest rank): always a value that
  /// occurred.
  std::uint64_t percentile(std::uint32_t percent) const;
  /// Value -> how often, ascending.
  const std::map<std::uint64_t, std::uint64_t>& times() const { return times_; }

 private:
  std::map<std::uint64_t, std::uint64_t> times_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
};

/// Bins of a plot, at most.
inline constexpr std::size_t kPlotBins = 40;

/// Bin i counts the values in [first + i * width, first + (i + 1) * width).
struct Histogram {
  std::uint64_t first = 0;  ///< a multiple of `width`
  std::uint64_t width = 1;  ///< 1, 2 or 5 times a power of ten
  std::vector<std::uint64_t> counts;

  std::uint64_t edge(std::size_t bin) const { return first + bin * width; }
};

/// The next of 1, 2, 5, 10, 20, 50, ... @param width  one of them
std::uint64_t next_round_width(std::uint64_t width);

/// The narrowest bins with round edges that are at most `most_bins`; the first and the last hold something. Empty for
/// an empty tally.
Histogram histogram(const Tally& tally, std::size_t most_bins);

}  // namespace understudy
