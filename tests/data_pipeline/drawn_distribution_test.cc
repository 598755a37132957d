// Whether what is drawn has the distribution that docs/data-format.md states: chi^2 tests of marginals. They reject
// only what is further off than chance; balanced draws are nearer than chance, which is right.
#include <numeric>

#include <gtest/gtest.h>

#include "data_pipeline/sampler.h"
#include "tests/support/chi_square.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/uneven_set.h"

namespace understudy {
namespace {

constexpr std::uint64_t kSamples = 30000;
const std::vector<std::vector<std::uint32_t>> kFrames = {{3}, {1, 5}, {2, 2, 7}};
const std::vector<std::uint32_t> kPersonOfClip = {0, 1, 1, 2, 2, 2};
const std::vector<std::uint32_t> kFramesOfClip = {3, 1, 5, 2, 2, 7};

/// Probability of each clip under a balance.
std::vector<double> clip_probabilities(Balance balance) {
  if (balance == Balance::kIdentity) return {1.0 / 3, 1.0 / 6, 1.0 / 6, 1.0 / 9, 1.0 / 9, 1.0 / 9};
  if (balance == Balance::kClip) return std::vector<double>(6, 1.0 / 6);
  return {0.15, 0.05, 0.25, 0.10, 0.10, 0.35};
}

/// Sums the entries that belong to one of `groups`.
template <class Value>
std::vector<Value> grouped(const std::vector<Value>& values, const std::vector<std::uint32_t>& group_of) {
  std::vector<Value> sums(group_of.back() + 1);
  for (std::size_t i = 0; i < values.size(); ++i) sums[group_of[i]] += values[i];
  return sums;
}

/// Number of a clip's first frame when the frames of all clips are counted through.
std::uint32_t first_frame(std::uint32_t clip) {
  return std::accumulate(kFramesOfClip.begin(), kFramesOfClip.begin() + clip, 0U);
}

struct Counts {
  std::vector<std::size_t> clips = std::vector<std::size_t>(6);
  std::vector<std::size_t> frames = std::vector<std::size_t>(20);  ///< driving frames, of all clips counted through
  std::vector<std::size_t> pairs = std::vector<std::size_t>(49);   ///< source and driving frame of the longest clip
};

class DrawnDistribution : public ::testing::TestWithParam<Balance> {
 protected:
  DrawnDistribution() {
    write_uneven_set(folder_.path() / "set", kFrames);
    sampler_.emplace(std::make_shared<DataSet>(DataSet::open(folder_.path() / "set")),
                     2024,
                     EpisodeSpec{.sources = 1},
                     SamplerOptions{.balance = GetParam()});
  }

  static void count(const Episode& episode, Counts& counts) {
    ++counts.clips[episode.clip];
    ++counts.frames[first_frame(episode.clip) + episode.frames.back().frame];
    if (episode.clip == 5) ++counts.pairs[episode.frames[0].frame * 7 + episode.frames[1].frame];
  }

  static void expect_as_stated(const Counts& counts) {
    const std::vector<double> clips = clip_probabilities(GetParam());
    EXPECT_GT(p_value(counts.clips, clips), kSmallestP);
    EXPECT_GT(p_value(grouped(counts.clips, kPersonOfClip), grouped(clips, kPersonOfClip)), kSmallestP);
    std::vector<double> frames;
    for (std::uint32_t clip = 0; clip < 6; ++clip)
      frames.insert(frames.end(), kFramesOfClip[clip], clips[clip] / kFramesOfClip[clip]);
    EXPECT_GT(p_value(counts.frames, frames), kSmallestP);
    EXPECT_GT(p_value(counts.pairs), kSmallestP);
  }

  TemporaryFolder folder_;
  std::optional<Sampler> sampler_;
};

TEST_P(DrawnDistribution, OfTrainingIsTheOneStated) {
  Counts counts;
  for (std::uint64_t g = 0; g < kSamples; ++g) count(sampler_->episode(g), counts);
  expect_as_stated(counts);
}

TEST_P(DrawnDistribution, OfValidationIsTheOneStated) {
  Counts counts;
  for (const Episode& episode : sampler_->fixed_list(kSamples)) count(episode, counts);
  expect_as_stated(counts);
}

// Balanced counts say nothing about the order within a cycle: whoever comes first must be anyone.
TEST_P(DrawnDistribution, OfEveryPlaceOfACycleIsTheSame) {
  const std::uint64_t cycle = GetParam() == Balance::kIdentity ? 3 : 6;
  for (std::uint64_t place = 0; place < cycle; ++place) {
    Counts counts;
    for (std::uint64_t g = place; g < kSamples; g += cycle) count(sampler_->episode(g), counts);
    expect_as_stated(counts);
  }
}

std::string name_of(const ::testing::TestParamInfo<Balance>& info) {
  if (info.param == Balance::kIdentity) return "Identity";
  return info.param == Balance::kClip ? "Clip" : "Frame";
}
INSTANTIATE_TEST_SUITE_P(Sampler,
                         DrawnDistribution,
                         ::testing::Values(Balance::kIdentity, Balance::kClip, Balance::kFrame),
                         name_of);

}  // namespace
}  // namespace understudy
