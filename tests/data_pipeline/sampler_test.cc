#include "data_pipeline/sampler.h"

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/hash.h"
#include "common/philox.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kSeed = 20240601;

/// Five people with 1, 2, 3, 4 and 5 clips of 6 frames.
class SamplerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    const TinySet tiny{.frames = 6, .side = 16};
    SetWriter writer(folder_->path() / "set", {});
    for (std::uint32_t identity = 0; identity < 5; ++identity) {
      for (std::uint32_t clip = 0; clip <= identity; ++clip) {
        ClipRecord record = tiny_clip(tiny, identity, clip);
        if (identity == 4) record.annotations.landmarks.assign(6, {});
        if (identity == 3) record.annotations.landmarks[2] = {};
        writer.add(record);
      }
    }
    writer.finish();
  }
  static void TearDownTestSuite() { delete folder_; }
  static Sampler sampler(const EpisodeSpec& spec = {}, std::uint64_t seed = kSeed) {
    return {std::make_shared<DataSet>(DataSet::open(folder_->path() / "set", requirements_of(spec))), seed, spec};
  }
  static TemporaryFolder* folder_;
};
TemporaryFolder* SamplerTest::folder_ = nullptr;

std::string text_of(const Episode& episode) {
  std::string text = fmt::format("{}/{}", episode.identity, episode.clip);
  for (const FrameRef& frame : episode.frames) text += fmt::format(":{}", frame.frame);
  return text;
}

// Golden values from a separate implementation of Philox and of the formula (Python).
TEST_F(SamplerTest, FirstThousandEpisodesNeverChange) {
  const Sampler drawn = sampler({.sources = 2});
  std::vector<std::string> episodes;
  for (std::uint64_t g = 0; g < 1000; ++g) episodes.push_back(text_of(drawn.episode(g)));
  const std::vector<std::string> first(episodes.begin(), episodes.begin() + 6);
  EXPECT_THAT(first, ElementsAre("1/2:3:2:0", "0/0:4:4:4", "3/9:1:1:2", "2/5:3:5:1", "4/14:3:1:1", "0/0:0:3:2"));
  EXPECT_EQ(sha256_hex(fmt::format("{}", fmt::join(episodes, "\n"))),
            "de5bd8902b9d58ca619652d249b16fb9144f9a402d9c005479acde049c860b8e");
}

// The formula of docs/data-format.md, written down a second time.
TEST_F(SamplerTest, FollowsTheFormulaOfTheFormatPage) {
  const Sampler drawn = sampler({.sources = 1});
  const std::array<std::uint32_t, 5> first_clip{0, 1, 3, 6, 10};
  for (const std::uint64_t g : {0ULL, 7ULL, 123ULL, 99999ULL, 123456789012ULL}) {
    const std::uint64_t cycle = g / 5;
    const std::uint32_t identity = Draws(kSeed, Purpose::kIdentityOrder, cycle).permutation(5)[g % 5];
    const std::uint32_t n = identity + 1;
    const std::uint64_t key = (std::uint64_t{identity} << 32) | static_cast<std::uint32_t>(cycle / n);
    const std::uint32_t clip = first_clip[identity] + Draws(kSeed, Purpose::kClipOrder, key).permutation(n)[cycle % n];
    Draws draws(kSeed, Purpose::kFrames, g);
    const std::uint32_t source = draws.below(6);
    // The set has one video a clip.
    const Episode expected{g, 0, identity, clip, clip, {{clip, source}, {clip, draws.below(6)}}};
    EXPECT_EQ(drawn.episode(g), expected);
  }
}

TEST_F(SamplerTest, IdentitiesAreEqualWithinOneAtEveryPrefix) {
  const Sampler drawn = sampler();
  std::array<int, 5> counts{};
  for (std::uint64_t g = 0; g < 500; ++g) {
    ++counts[drawn.episode(g).identity];
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    ASSERT_LE(*most - *least, 1) << "after sample " << g;
  }
}

TEST_F(SamplerTest, ClipsOfAnIdentityAreEqualWithinOneAtEveryPrefix) {
  const Sampler drawn = sampler();
  std::map<std::uint32_t, std::map<std::uint32_t, int>> counts;
  for (std::uint64_t g = 0; g < 1500; ++g) {
    const Episode episode = drawn.episode(g);
    auto& clips = counts[episode.identity];
    ++clips[episode.clip];
    int least = clips.size() == episode.identity + 1 ? clips.begin()->second : 0;
    int most = 0;
    for (const auto& [clip, count] : clips) {
      least = std::min(least, count);
      most = std::max(most, count);
    }
    ASSERT_LE(most - least, 1) << "after sample " << g;
  }
}

// chi^2 of 36 ordered pairs: mean 35, standard deviation 8.4; the bound is six of these away.
TEST_F(SamplerTest, IndependentFramesAreUniformPairs) {
  const Sampler drawn = sampler();
  std::array<int, 36> counts{};
  constexpr int kSamples = 14400;
  for (std::uint64_t g = 0; g < kSamples; ++g) {
    const Episode episode = drawn.episode(g);
    ++counts[episode.frames[0].frame * 6 + episode.frames[1].frame];
  }
  double chi = 0;
  for (const int count : counts) chi += (count - kSamples / 36.0) * (count - kSamples / 36.0) / (kSamples / 36.0);
  EXPECT_LT(chi, 85.0);
}

TEST_F(SamplerTest, DistinctFramesNeverRepeatAndAreUniform) {
  const Sampler drawn = sampler({.sources = 3, .distinct_frames = true});
  std::array<int, 6> counts{};
  for (std::uint64_t g = 0; g < 3000; ++g) {
    std::set<std::uint32_t> seen;
    for (const FrameRef& frame : drawn.episode(g).frames) {
      seen.insert(frame.frame);
      ++counts[frame.frame];
    }
    ASSERT_EQ(seen.size(), 4U);
  }
  for (const int count : counts) EXPECT_NEAR(count, 2000, 150);
}

TEST_F(SamplerTest, LeavesOutWhatLacksARequiredAnnotation) {
  const Sampler drawn = sampler({.needs_landmarks = true});
  EXPECT_EQ(drawn.eligible_identities(), 4U);
  for (std::uint64_t g = 0; g < 400; ++g) {
    const Episode episode = drawn.episode(g);
    EXPECT_NE(episode.identity, 4U);
    for (const FrameRef& frame : episode.frames) EXPECT_TRUE(drawn.set().landmarks(frame).valid());
  }
}

TEST_F(SamplerTest, AnyOrderOfQuestionsAndAnyThreadGetsTheSameAnswers) {
  const Sampler drawn = sampler();
  std::vector<Episode> forward(200);
  for (std::uint64_t g = 0; g < 200; ++g) forward[g] = drawn.episode(g);
  std::vector<Episode> scattered(200);
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::uint64_t g = 200 - 4 + t; g < 200; g -= 4) scattered[g] = drawn.episode(g);
      });
    }
  }
  EXPECT_EQ(forward, scattered);
}

TEST_F(SamplerTest, AnotherSeedDrawsOtherEpisodes) {
  const Sampler one = sampler();
  const Sampler other = sampler({}, kSeed + 1);
  int equal = 0;
  for (std::uint64_t g = 0; g < 100; ++g) equal += one.episode(g).frames == other.episode(g).frames ? 1 : 0;
  EXPECT_LT(equal, 10);
}

TEST_F(SamplerTest, TheFixedListIsBalancedAndAStreamOfItsOwn) {
  const Sampler drawn = sampler();
  const auto list = drawn.fixed_list(60);
  EXPECT_EQ(list, drawn.fixed_list(60));
  const auto shorter = drawn.fixed_list(7);
  EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), list.begin()));
  std::map<std::uint32_t, int> people;
  std::map<std::uint32_t, int> clips;
  int as_in_training = 0;
  for (const Episode& episode : list) {
    ++people[episode.identity];
    ++clips[episode.clip];
    as_in_training += episode == drawn.episode(episode.sample) ? 1 : 0;
  }
  for (const auto& [identity, count] : people) EXPECT_EQ(count, 12);
  EXPECT_EQ(clips.size(), 15U);
  EXPECT_LT(as_in_training, 6);
}

TEST_F(SamplerTest, RefusesWhatCannotBeDrawn) {
  EXPECT_THAT(message_of([] { sampler({.sources = 6, .distinct_frames = true}); }),
              HasSubstr("none of 15 clips has 7 usable frame(s)"));
  EXPECT_THAT(message_of([] { sampler({.sources = -1}); }), HasSubstr("-1 source frames"));
  const auto set = std::make_shared<DataSet>(DataSet::open(folder_->path() / "set"));
  EXPECT_THAT(message_of([&] { Sampler(set, kSeed, {.needs_landmarks = true}); }),
              HasSubstr("opened without annotations"));
}

}  // namespace
}  // namespace understudy
