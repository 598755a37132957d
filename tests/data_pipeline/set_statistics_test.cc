#include "data_pipeline/statistics/set_statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_pipeline/data_set.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

/// Two people, with 3 clips of 4 frames from 2 videos and 1 clip of 6 larger frames. In clip 1 a frame is unusable, two
/// others have no landmarks and one no mask; in clip 2 one frame has no landmarks.
void write_uneven_set(const std::filesystem::path& folder, std::uint64_t shard_bytes) {
  SetWriter writer(folder, {.shard_bytes = shard_bytes, .source = "tiny"});
  for (std::uint32_t clip = 0; clip < 3; ++clip) {
    ClipRecord record = tiny_clip({.frames = 4, .masks = true, .clips_per_video = 2}, 0, clip);
    if (clip == 1) {
      record.unusable = {0, 1, 0, 0};
      for (const std::size_t frame : {0U, 1U, 3U}) record.annotations.landmarks[frame] = {};
      record.annotations.masks[2].clear();
    }
    if (clip == 2) record.annotations.landmarks[3] = {};
    writer.add(record);
  }
  writer.add(tiny_clip({.frames = 6, .side = 48, .masks = true}, 1, 0));
  writer.finish();
}

const Tally& values(const SetStatistics& statistics, std::string_view key) {
  for (const Distribution& distribution : statistics.distributions) {
    if (distribution.key == key) return distribution.values;
  }
  throw std::runtime_error("no such distribution");
}

class SetStatisticsTest : public ::testing::Test {
 protected:
  SetStatistics measure(std::uint64_t shard_bytes) {
    write_uneven_set(folder_.path() / "set", shard_bytes);
    return measure_set(folder_.path() / "set");
  }
  TemporaryFolder folder_;
};

TEST_F(SetStatisticsTest, CountsPeopleClipsAndFrames) {
  const SetStatistics statistics = measure(std::uint64_t{1} << 30);
  EXPECT_EQ(statistics.source, "tiny");
  EXPECT_EQ(statistics.fingerprint, DataSet::open(folder_.path() / "set").fingerprint());
  EXPECT_EQ(statistics.identities, 2U);
  EXPECT_EQ(statistics.videos, 3U);
  EXPECT_EQ(statistics.clips, 4U);
  EXPECT_EQ(statistics.frames, 18U);
  EXPECT_EQ(statistics.usable, 17U);
}

TEST_F(SetStatisticsTest, TalliesEveryQuantity) {
  const SetStatistics statistics = measure(std::uint64_t{1} << 30);
  const auto times = [&](std::string_view key) { return values(statistics, key).times(); };
  EXPECT_THAT(times("clips_per_identity"), ElementsAre(Pair(1, 1), Pair(3, 1)));
  EXPECT_THAT(times("videos_per_identity"), ElementsAre(Pair(1, 1), Pair(2, 1)));
  EXPECT_THAT(times("frames_per_identity"), ElementsAre(Pair(6, 1), Pair(12, 1)));
  EXPECT_THAT(times("frames_per_clip"), ElementsAre(Pair(4, 3), Pair(6, 1)));
  EXPECT_THAT(times("usable_frames_per_clip"), ElementsAre(Pair(3, 1), Pair(4, 2), Pair(6, 1)));
  EXPECT_THAT(times("frame_width"), ElementsAre(Pair(32, 12), Pair(48, 6)));
  EXPECT_THAT(times("frame_height"), ElementsAre(Pair(32, 12), Pair(48, 6)));
  EXPECT_THAT(times("frame_pixels"), ElementsAre(Pair(32 * 32, 12), Pair(48 * 48, 6)));
}

TEST_F(SetStatisticsTest, KnowsTheBytesOfFramesOfAllShards) {
  const SetStatistics statistics = measure(1);  // a shard a clip
  const DataSet set = DataSet::open(folder_.path() / "set");
  Tally expected;
  for (std::uint32_t clip = 0; clip < set.clips().size(); ++clip) {
    for (std::uint32_t frame = 0; frame < set.clips()[clip].frames; ++frame) {
      expected.add(set.read_frame({clip, frame}).size());
    }
  }
  EXPECT_EQ(values(statistics, "jpeg_bytes").times(), expected.times());
}

TEST_F(SetStatisticsTest, NamesTheClipsThatLackTheMostAnnotations) {
  const SetStatistics statistics = measure(std::uint64_t{1} << 30);
  ASSERT_TRUE(statistics.landmarks.has_value());
  EXPECT_EQ(statistics.landmarks->annotated, 4U + 1 + 3 + 6);
  ASSERT_EQ(statistics.landmarks->worst.size(), 2U);
  EXPECT_EQ(statistics.landmarks->worst[0].clip, "id00#video00#001");
  EXPECT_EQ(statistics.landmarks->worst[0].usable, 3U);
  EXPECT_EQ(statistics.landmarks->worst[0].annotated, 1U);
  EXPECT_EQ(statistics.landmarks->worst[1].clip, "id00#video01#002");
  EXPECT_THAT(values(statistics, "landmark_coverage").times(), ElementsAre(Pair(33, 1), Pair(75, 1), Pair(100, 2)));
  ASSERT_TRUE(statistics.masks.has_value());
  EXPECT_EQ(statistics.masks->annotated, 16U);
  EXPECT_EQ(statistics.masks->worst.size(), 1U);
}

TEST_F(SetStatisticsTest, HasNoCoverageOfWhatTheSetLacks) {
  write_tiny_set(folder_.path() / "set", {.landmarks = false});
  const SetStatistics statistics = measure_set(folder_.path() / "set");
  EXPECT_FALSE(statistics.landmarks.has_value());
  EXPECT_FALSE(statistics.masks.has_value());
  EXPECT_THROW(values(statistics, "landmark_coverage"), std::runtime_error);
}

}  // namespace
}  // namespace understudy
