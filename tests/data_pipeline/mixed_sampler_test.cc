#include "data_pipeline/mixed_sampler.h"

#include <array>
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "common/hash.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/chi_square.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/uneven_set.h"

namespace understudy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kSeed = 7;

SetShares shares(std::vector<double> weights) {
  return SetShares(weights);
}

std::vector<std::uint32_t> sets_of(const SetShares& shares, std::uint64_t first, std::uint64_t count) {
  std::vector<std::uint32_t> sets;
  for (std::uint64_t g = first; g < first + count; ++g) sets.push_back(shares.place(g).set);
  return sets;
}

TEST(SetShares, TakeTurnsByWeight) {
  EXPECT_THAT(sets_of(shares({1, 1}), 0, 6), ElementsAre(1, 0, 1, 0, 1, 0));
  EXPECT_THAT(sets_of(shares({3, 1}), 0, 8), ElementsAre(1, 0, 0, 0, 1, 0, 0, 0));
  EXPECT_THAT(sets_of(shares({2, 1, 1}), 0, 8), ElementsAre(2, 0, 1, 0, 2, 0, 1, 0));
  EXPECT_EQ(shares({5}).place(41), (SetShares::Place{0, 41}));
}

TEST(SetShares, NumberTheSamplesOfEachSetWithoutGaps) {
  const SetShares mixture = shares({0.5, 0.3, 0.15, 0.05});
  std::array<std::uint64_t, 4> next{};
  for (std::uint64_t g = 0; g < 20000; ++g) {
    const SetShares::Place place = mixture.place(g);
    ASSERT_EQ(place.sample, next[place.set]++) << "sample " << g;
  }
}

TEST(SetShares, AreKeptInEveryWindow) {
  const std::vector<double> weights = {0.55, 0.3, 0.15};
  const SetShares mixture = shares(weights);
  for (const std::uint64_t first : {0ULL, 1'000'003ULL, 24'000'000'000ULL}) {
    for (const std::uint64_t length : {10ULL, 100ULL, 1000ULL}) {
      std::array<double, 3> counts{};
      for (const std::uint32_t set : sets_of(mixture, first, length)) ++counts[set];
      EXPECT_LT(std::abs(counts[0] - weights[0] * static_cast<double>(length)), 1.01);
      for (const std::size_t set : {1U, 2U})
        EXPECT_LT(std::abs(counts[set] - weights[set] * static_cast<double>(length)), 2.01);
    }
  }
  for (std::uint32_t set = 0; set < 3; ++set) EXPECT_NEAR(mixture.share(set), weights[set], 1e-9);
}

// floor(g x fraction / 2^32), where the product needs 96 bits.
TEST(SetShares, AreExactForNumbersBeyond32Bits) {
  const SetShares third = shares({1, 2});
  EXPECT_THAT(third.fractions(), ElementsAre(1431655765, std::uint64_t{1} << 32));
  constexpr std::uint64_t kLate = 1'000'000'000'000'000'003;
  // Computed with integers of any length: g x fraction >> 32 is this for g and one more for g + 1 and for g + 2.
  constexpr std::uint64_t kBefore = 333333333255723119;
  EXPECT_EQ(third.place(kLate), (SetShares::Place{0, kBefore}));
  EXPECT_EQ(third.place(kLate + 1), (SetShares::Place{1, kLate + 1 - (kBefore + 1)}));
}

TEST(SetShares, GiveEvenTheLightestSetSomething) {
  EXPECT_THAT(shares({1e-300, 1}).fractions(), ElementsAre(1, std::uint64_t{1} << 32));
  EXPECT_THAT(shares({1, 1e-300}).fractions(), ElementsAre((std::uint64_t{1} << 32) - 1, std::uint64_t{1} << 32));
}

class MixedSamplerTest : public ::testing::Test {
 protected:
  MixedSamplerTest() {
    write_uneven_set(folder_.path() / "a", {{3}, {1, 5}});
    write_uneven_set(folder_.path() / "b", {{2, 4}, {3}, {6}});
    for (const char* name : {"a", "b"})
      sets_.push_back(std::make_shared<const DataSet>(DataSet::open(folder_.path() / name)));
  }
  MixedSampler mixed(const std::vector<double>& weights, Balance balance = Balance::kIdentity) const {
    return {sets_, weights, kSeed, {.sources = 1}, balance};
  }

  TemporaryFolder folder_;
  std::vector<std::shared_ptr<const DataSet>> sets_;
};

TEST_F(MixedSamplerTest, OfOneSetIsThatSet) {
  const Sampler alone(sets_[0], kSeed, {.sources = 1});
  const MixedSampler mixed({sets_[0]}, {3}, kSeed, {.sources = 1}, Balance::kIdentity);
  for (std::uint64_t g = 0; g < 100; ++g) EXPECT_EQ(mixed.episode(g), alone.episode(g));
  EXPECT_EQ(mixed.fingerprint(), sets_[0]->fingerprint());
}

TEST_F(MixedSamplerTest, DrawsFromEachSetByItsOwnNumbersAndStreams) {
  const MixedSampler both = mixed({3, 1});
  const Sampler first(sets_[0], kSeed, {.sources = 1});
  const auto videos = static_cast<std::uint32_t>(sets_[0]->videos().size());
  const Sampler second(
      sets_[1], kSeed, {.sources = 1}, {.balance = Balance::kIdentity, .set = 1, .first_video = videos});
  for (std::uint64_t g = 0; g < 100; ++g) {
    const Episode episode = both.episode(g);
    const std::uint64_t of_first = g * 3 / 4;
    Episode expected = episode.set == 0 ? first.episode(of_first) : second.episode(g - of_first);
    expected.sample = g;
    EXPECT_EQ(episode, expected);
    EXPECT_EQ(&both.set_of(episode), sets_[episode.set].get());
  }
}

TEST_F(MixedSamplerTest, NumbersTheVideosOfAllSets) {
  const MixedSampler both = mixed({1, 1});
  std::set<std::uint32_t> videos;
  for (std::uint64_t g = 0; g < 100; ++g) {
    const Episode episode = both.episode(g);
    const std::uint32_t row = both.set_of(episode).clips()[episode.clip].video;
    EXPECT_EQ(episode.video, row + (episode.set == 0 ? 0 : sets_[0]->videos().size()));
    videos.insert(episode.video);
  }
  EXPECT_EQ(videos.size(), sets_[0]->videos().size() + sets_[1]->videos().size());
}

TEST_F(MixedSamplerTest, DrawsAFarSampleInThePlaceOfAnExcludedOneAndChangesNoOther) {
  const MixedSampler plain = mixed({1, 2});
  const std::vector<std::int64_t> numbers{17, 40, 40 + static_cast<std::int64_t>(kStandIn), 3};
  const MixedSampler without(sets_, {1, 2}, kSeed, {.sources = 1}, Balance::kIdentity, ExcludedSamples(numbers));
  for (std::uint64_t g = 0; g < 100; ++g) {
    const bool excluded = g == 3 || g == 17 || g == 40;
    const std::uint64_t drawn = g == 40 ? g + 2 * kStandIn : excluded ? g + kStandIn : g;
    EXPECT_EQ(without.episode(g), plain.episode(drawn)) << g;
    EXPECT_EQ(without.episode(g).sample, drawn);
    EXPECT_EQ(place_of_sample(drawn), g);
  }
  EXPECT_EQ(without.fingerprint(), plain.fingerprint());
}

TEST_F(MixedSamplerTest, RefusesMoreVideosThanTheRunTellsApart) {
  const auto videos = static_cast<std::int64_t>(sets_[0]->videos().size() + sets_[1]->videos().size());
  const auto limited = [&](std::int64_t most) {
    return MixedSampler(sets_, {}, kSeed, {.sources = 1, .videos = VideoLimit{most, "model.rows"}}, Balance::kIdentity);
  };
  EXPECT_NO_THROW(limited(videos));
  EXPECT_THAT(
      [&] { limited(videos - 1); },
      ::testing::ThrowsMessage<ConfigError>(HasSubstr(std::to_string(videos) + " videos; set it to that number")));
}

TEST_F(MixedSamplerTest, KeepsTheBalanceWithinEachSet) {
  const MixedSampler both = mixed({0.35, 0.65}, Balance::kFrame);
  std::vector<std::size_t> clips_of_a(3);
  std::vector<std::size_t> clips_of_b(4);
  std::vector<std::size_t> frames(6);  // of the clip of that many
  for (std::uint64_t g = 0; g < 20000; ++g) {
    const Episode episode = both.episode(g);
    ++(episode.set == 0 ? clips_of_a : clips_of_b)[episode.clip];
    if (episode.set == 1 && episode.clip == 3) ++frames[episode.frames.back().frame];
  }
  EXPECT_EQ(clips_of_a[0] + clips_of_a[1] + clips_of_a[2], 7000U);
  EXPECT_GT(p_value(clips_of_a, {3 / 9.0, 1 / 9.0, 5 / 9.0}), kSmallestP);
  EXPECT_GT(p_value(clips_of_b, {2 / 15.0, 4 / 15.0, 3 / 15.0, 6 / 15.0}), kSmallestP);
  EXPECT_GT(p_value(frames), kSmallestP);
}

TEST_F(MixedSamplerTest, FingerprintCoversSetsOrderAndWeights) {
  const std::string lines = fmt::format(
      "understudy.mixture 1\n{}\t3221225472\n{}\t4294967296\n", sets_[0]->fingerprint(), sets_[1]->fingerprint());
  EXPECT_EQ(mixed({3, 1}).fingerprint(), sha256_hex(lines));
  EXPECT_EQ(mixed({6, 2}).fingerprint(), mixed({3, 1}).fingerprint());
  EXPECT_NE(mixed({1, 3}).fingerprint(), mixed({3, 1}).fingerprint());
  EXPECT_EQ(mixed({}).fingerprint(), mixed({1, 1}).fingerprint());
  const MixedSampler swapped({sets_[1], sets_[0]}, {}, kSeed, {.sources = 1}, Balance::kIdentity);
  EXPECT_NE(swapped.fingerprint(), mixed({}).fingerprint());
}

TEST_F(MixedSamplerTest, RefusesAnotherNumberOfWeights) {
  EXPECT_THAT(message_of([&] { mixed({1, 2, 3}); }), HasSubstr("3 weights for 2 sets"));
  EXPECT_THAT(message_of([] { MixedSampler({}, {}, kSeed, {}, Balance::kClip); }), HasSubstr("0 sets"));
}

}  // namespace
}  // namespace understudy
