#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data_pipeline/excluded_samples.h"
#include "data_pipeline/sampler.h"

namespace understudy {

/// Sets of a mixture are numbered in 8 bits of their streams.
inline constexpr std::size_t kMostSets = 256;

/// Which sample of which set each sample of a mixture is, in whole numbers: every window of samples holds each set's
/// share to within a sample a split (docs/data-format.md).
class SetShares {
 public:
  /// @param weights  one a set, positive and finite, in any unit
  explicit SetShares(std::span<const double> weights);

  struct Place {
    std::uint32_t set = 0;
    std::uint64_t sample = 0;  ///< number among the samples of that set
    bool operator==(const Place&) const = default;
  };
  Place place(std::uint64_t sample) const;

  /// Share of each set among itself and those after it, in units of 2^-32; 2^32 for the last.
  const std::vector<std::uint64_t>& fractions() const { return fractions_; }
  /// Share of a set in all samples.
  double share(std::uint32_t set) const;

 private:
  std::vector<std::uint64_t> fractions_;
};

/// Draws from several sets in fixed shares, a pure function of (seed, sample number). A mixture of one set is that set.
class MixedSampler final : public EpisodeSource {
 public:
  /// @param weights  one a set, positive; empty: equal shares
  /// @param excluded  samples that are never drawn
  /// @throws DataError  as Sampler does, and for no set, too many, or another number of weights
  MixedSampler(std::vector<std::shared_ptr<const DataSet>> sets,
               const std::vector<double>& weights,
               std::uint64_t seed,
               const EpisodeSpec& spec,
               Balance balance,
               ExcludedSamples excluded = {});

  /// The episode's `sample` is the number in the mixture, of the stand-in where one takes the place: it is the key of
  /// the sample's other draws.
  Episode episode(std::uint64_t sample) const override;
  const DataSet& set_of(const Episode& episode) const override { return samplers_[episode.set].set(); }
  const SetShares& shares() const { return shares_; }
  /// Covers the sets in their order and their shares; of one set alone, its own fingerprint.
  std::string fingerprint() const;

 private:
  SetShares shares_;
  ExcludedSamples excluded_;
  std::vector<Sampler> samplers_;  ///< one a set
};

}  // namespace understudy
