#include "data_pipeline/mixed_sampler.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "common/hash.h"

namespace understudy {
namespace {

constexpr std::uint64_t kWhole = std::uint64_t{1} << 32;

/// floor(number x fraction / 2^32). @pre fraction < 2^32
std::uint64_t scaled(std::uint64_t number, std::uint64_t fraction) {
  return (number >> 32) * fraction + (((number & (kWhole - 1)) * fraction) >> 32);
}

std::vector<double> weights_or_equal(const std::vector<double>& weights, std::size_t sets) {
  if (sets == 0 || sets > kMostSets) throw DataError(fmt::format("{} sets; a mixture has 1 to {}", sets, kMostSets));
  if (weights.empty()) return std::vector<double>(sets, 1.0);
  if (weights.size() != sets) throw DataError(fmt::format("{} weights for {} sets", weights.size(), sets));
  return weights;
}

}  // namespace

SetShares::SetShares(std::span<const double> weights) : fractions_(weights.size(), kWhole) {
  double rest = weights.back();
  for (std::size_t set = weights.size() - 1; set-- > 0;) {
    rest += weights[set];
    const auto fraction = static_cast<std::uint64_t>(std::llround(weights[set] / rest * 0x1p32));
    fractions_[set] = std::clamp<std::uint64_t>(fraction, 1, kWhole - 1);
  }
}

SetShares::Place SetShares::place(std::uint64_t sample) const {
  std::uint32_t set = 0;
  for (; set + 1 < fractions_.size(); ++set) {
    const std::uint64_t before = scaled(sample, fractions_[set]);
    if (scaled(sample + 1, fractions_[set]) > before) return {set, before};
    sample -= before;
  }
  return {set, sample};
}

double SetShares::share(std::uint32_t set) const {
  double share = static_cast<double>(fractions_[set]) * 0x1p-32;
  for (std::uint32_t before = 0; before < set; ++before) share *= 1 - static_cast<double>(fractions_[before]) * 0x1p-32;
  return share;
}

MixedSampler::MixedSampler(std::vector<std::shared_ptr<const DataSet>> sets,
                           const std::vector<double>& weights,
                           std::uint64_t seed,
                           const EpisodeSpec& spec,
                           Balance balance,
                           ExcludedSamples excluded)
    : shares_(weights_or_equal(weights, sets.size())), excluded_(std::move(excluded)) {
  std::uint32_t videos = 0;
  for (std::uint32_t set = 0; set < sets.size(); ++set) {
    const SamplerOptions options{.balance = balance, .set = set, .first_video = videos};
    videos += static_cast<std::uint32_t>(sets[set]->videos().size());
    samplers_.emplace_back(std::move(sets[set]), seed, spec, options);
  }
  if (!spec.videos || videos <= spec.videos->most) return;
  throw ConfigError(fmt::format("{} = {}, but the training sets have {} videos; set it to that number",
                                spec.videos->key,
                                spec.videos->most,
                                videos));
}

Episode MixedSampler::episode(std::uint64_t sample) const {
  sample = excluded_.drawn_for(sample);
  const SetShares::Place place = shares_.place(sample);
  Episode episode = samplers_[place.set].episode(place.sample);
  episode.sample = sample;
  return episode;
}

std::string MixedSampler::fingerprint() const {
  if (samplers_.size() == 1) return samplers_.front().set().fingerprint();
  std::string text = "understudy.mixture 1\n";
  for (std::size_t set = 0; set < samplers_.size(); ++set)
    text += fmt::format("{}\t{}\n", samplers_[set].set().fingerprint(), shares_.fractions()[set]);
  return sha256_hex(text);
}

}  // namespace understudy
