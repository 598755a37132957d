#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace understudy {

/// What is added to a sample's number for that of its stand-in: numbers that no run reaches by itself.
inline constexpr std::uint64_t kStandIn = std::uint64_t{1} << 48;

/// g = iteration x global_batch + slot of the place that a sample or a stand-in is drawn for.
constexpr std::uint64_t place_of_sample(std::uint64_t sample) {
  return sample % kStandIn;
}

/// Samples that are never drawn. In the place of sample g comes sample g + 2^48, which is a sample like any other, only
/// far away; where that is excluded too, sample g + 2 x 2^48, and so on. So nothing but the excluded samples changes,
/// and ranks and resumes have no part in it.
class ExcludedSamples {
 public:
  ExcludedSamples() = default;
  /// @param numbers  in any order; stand-ins have their own
  explicit ExcludedSamples(std::span<const std::int64_t> numbers);

  /// The sample to draw where `sample` is due.
  std::uint64_t drawn_for(std::uint64_t sample) const;

 private:
  std::vector<std::uint64_t> numbers_;  ///< ascending
};

}  // namespace understudy
