#include "data_pipeline/clip_choice.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/uneven_set.h"

namespace understudy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kSeed = 99;
const std::vector<std::vector<std::uint32_t>> kFrames = {{3}, {1, 5}, {2, 2, 7}};

class ClipChoiceTest : public ::testing::Test {
 protected:
  ClipChoiceTest() {
    write_uneven_set(folder_.path() / "set", kFrames);
    set_.emplace(DataSet::open(folder_.path() / "set"));
  }
  ClipChoice choice(Balance balance,
                    Sequence sequence = Sequence::kTraining,
                    std::uint32_t set = 0,
                    std::size_t least_frames = 1) const {
    return {*set_, least_frames, balance, EpisodeStreams(kSeed, sequence, set)};
  }
  static std::vector<std::uint32_t> first(const ClipChoice& choice, std::uint64_t count) {
    std::vector<std::uint32_t> clips;
    for (std::uint64_t g = 0; g < count; ++g) clips.push_back(choice.clip(g));
    return clips;
  }

  TemporaryFolder folder_;
  std::optional<DataSet> set_;
};

// The formulas of docs/data-format.md, written down a second time.
TEST_F(ClipChoiceTest, FollowsTheFormulasOfTheFormatPage) {
  const ClipChoice clips = choice(Balance::kClip);
  const ClipChoice frames = choice(Balance::kFrame);
  const std::array<std::uint32_t, 20> clip_of_frame{0, 0, 0, 1, 2, 2, 2, 2, 2, 3, 3, 4, 4, 5, 5, 5, 5, 5, 5, 5};
  for (const std::uint64_t g : {0ULL, 7ULL, 123ULL, 99999ULL, 123456789012ULL}) {
    EXPECT_EQ(clips.clip(g), Draws(kSeed, Purpose::kClipOrder, g / 6, 1).permutation(6)[g % 6]);
    EXPECT_EQ(frames.clip(g), clip_of_frame[Draws(kSeed, Purpose::kClipOrder, g, 2).below64(20)]);
  }
}

TEST_F(ClipChoiceTest, ValidationFollowsTheSameFormulasOnStreamsOfItsOwn) {
  const auto draws = [](std::uint64_t key, std::uint16_t sub) {
    return Draws(kSeed, Purpose::kValidationEpisodes, key, sub);
  };
  const ClipChoice people = choice(Balance::kIdentity, Sequence::kValidation);
  const ClipChoice clips = choice(Balance::kClip, Sequence::kValidation);
  const ClipChoice frames = choice(Balance::kFrame, Sequence::kValidation);
  const std::array<std::uint32_t, 3> first_clip{0, 1, 3};
  const std::array<std::uint32_t, 7> frames_end{0, 3, 4, 9, 11, 13, 20};
  for (std::uint64_t g = 0; g < 40; ++g) {
    const std::uint32_t person = draws(g / 3, 0).permutation(3)[g % 3];
    const std::uint32_t n = person + 1;
    const std::uint64_t round = (std::uint64_t{person} << 32) | (g / 3 / n);
    EXPECT_EQ(people.clip(g), first_clip[person] + draws(round, 1).permutation(n)[g / 3 % n]);
    EXPECT_EQ(clips.clip(g), draws(g / 6, 3).permutation(6)[g % 6]);
    const std::uint64_t frame = draws(g, 4).below64(20);
    EXPECT_GE(frame, frames_end[frames.clip(g)]);
    EXPECT_LT(frame, frames_end[frames.clip(g) + 1]);
  }
}

TEST_F(ClipChoiceTest, EveryClipComesOnceInACycleOverClips) {
  const ClipChoice clips = choice(Balance::kClip);
  for (std::uint64_t cycle = 0; cycle < 20; ++cycle) {
    std::vector<std::uint32_t> drawn;
    for (std::uint64_t g = 6 * cycle; g < 6 * cycle + 6; ++g) drawn.push_back(clips.clip(g));
    std::sort(drawn.begin(), drawn.end());
    EXPECT_THAT(drawn, ElementsAre(0, 1, 2, 3, 4, 5));
  }
}

TEST_F(ClipChoiceTest, EachSetOfAMixtureHasStreamsOfItsOwn) {
  for (const Balance balance : {Balance::kIdentity, Balance::kClip, Balance::kFrame}) {
    EXPECT_NE(first(choice(balance), 60), first(choice(balance, Sequence::kTraining, 1), 60));
    EXPECT_NE(first(choice(balance), 60), first(choice(balance, Sequence::kValidation), 60));
  }
}

TEST_F(ClipChoiceTest, LeavesOutClipsOfTooFewFrames) {
  for (const Balance balance : {Balance::kIdentity, Balance::kClip, Balance::kFrame}) {
    const ClipChoice long_clips = choice(balance, Sequence::kTraining, 0, 4);
    EXPECT_EQ(long_clips.identities(), 2U);
    std::vector<std::uint32_t> drawn = first(long_clips, 60);
    std::sort(drawn.begin(), drawn.end());
    drawn.erase(std::unique(drawn.begin(), drawn.end()), drawn.end());
    EXPECT_THAT(drawn, ElementsAre(2, 5));
  }
  EXPECT_THAT(message_of([&] { choice(Balance::kClip, Sequence::kTraining, 0, 8); }),
              HasSubstr("none of 6 clips has 8 usable frame(s)"));
}

}  // namespace
}  // namespace understudy
