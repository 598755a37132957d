#include "data_pipeline/episode_frames.h"

#include <map>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/philox.h"
#include "data_pipeline/frame_shard.h"
#include "data_pipeline/hdf5_file.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kSeed = 11;
const TinySet kTiny{.frames = 5, .masks = true};

class EpisodeFramesTest : public ::testing::Test {
 protected:
  EpisodeFramesTest() : folder_(place_.path() / "set") {}

  /// Clips as a tiny set has them; the listed frames of the first clip end too early, with a right CRC.
  void write(const std::vector<std::uint32_t>& undecodable = {}) {
    SetWriter writer(folder_, {.source = "tiny", .jpeg_quality = 95, .jpeg_subsampling = "4:2:0"});
    for (std::uint32_t i = 0; i < 2; ++i) {
      ClipRecord clip = tiny_clip(kTiny, 0, i);
      for (const std::uint32_t frame : undecodable) {
        if (i == 0) clip.frames[frame].resize(clip.frames[frame].size() - 20);
      }
      writer.add(clip);
    }
    writer.finish();
  }
  /// Frames of the first clip get a wrong CRC.
  void damage(const std::vector<std::uint32_t>& frames) {
    const FrameShard shard(folder_ / "frames-00000.h5", 0);
    for (const std::uint32_t frame : frames) flip_byte(folder_ / "frames-00000.h5", shard.frame_offset(frame) + 40);
  }
  void damage_row(const std::string& kind, const std::string& table, std::uint64_t offset) {
    const std::filesystem::path path = folder_ / ("frames-00000." + kind + ".h5");
    const std::uint64_t start =
        Hdf5Reader(path).locate(table, kind == "mask" ? Element::kU8 : Element::kF32, kind == "mask" ? 1 : 3).offset;
    flip_byte(path, start + offset);
  }

  DataSet open() const { return DataSet::open(folder_, {.landmarks = true, .masks = true}); }
  static Episode episode(std::vector<std::uint32_t> frames, std::uint64_t sample = 3) {
    Episode episode{.sample = sample, .identity = 0, .clip = 0, .frames = {}};
    for (const std::uint32_t frame : frames) episode.frames.push_back({0, frame});
    return episode;
  }
  EpisodeReader replacing(bool distinct = false) {
    EpisodeSpec spec = spec_;
    spec.distinct_frames = distinct;
    return {spec,
            {.on_corrupt = CorruptFrames::kReplace,
             .seed = kSeed,
             .on_replacement = [this](const std::string& damaged, const std::string& message) {
               told_.emplace(damaged, message);
             }}};
  }
  /// The order in which frames of the first clip are tried at a place.
  static std::vector<std::uint32_t> order(std::uint64_t sample, std::uint16_t place) {
    return Draws(kSeed, Purpose::kReplacementFrame, sample, place).permutation(kTiny.frames);
  }
  static std::uint32_t first_of(const std::vector<std::uint32_t>& order, const std::vector<std::uint32_t>& without) {
    for (const std::uint32_t frame : order) {
      if (std::find(without.begin(), without.end(), frame) == without.end()) return frame;
    }
    return ~0U;
  }

  TemporaryFolder place_;
  std::filesystem::path folder_;
  EpisodeSpec spec_{.sources = 1, .distinct_frames = false, .needs_landmarks = true, .needs_masks = true};
  std::map<std::string, std::string> told_;
};

TEST_F(EpisodeFramesTest, HoldsWhatTheSetHasOfTheEpisode) {
  write();
  const DataSet set = open();
  const EpisodeFrames frames = read_episode(set, episode({4, 1}), spec_);
  ASSERT_EQ(frames.count(), 2U);
  EXPECT_EQ(frames.episode(), episode({4, 1}));
  EXPECT_EQ(frames.frame_size(), (PictureSize{32, 32}));
  EXPECT_EQ(frames.landmark_reference_size(), 256.0F);
  EXPECT_EQ(frames.describe(1), set.describe({0, 1}));
  EXPECT_EQ(frames.replaced(), 0U);
  for (std::size_t i = 0; i < 2; ++i) {
    const FrameRef ref = frames.episode().frames[i];
    EXPECT_EQ(frames.decode(i).rgb, set.decode_frame(ref).rgb);
    EXPECT_EQ(frames.landmarks(i).xy, set.landmarks(ref).xy);
    EXPECT_EQ(frames.mask(i).coverage, set.mask(ref)->coverage);
  }
}

TEST_F(EpisodeFramesTest, NeedsNoFileOnceItIsRead) {
  write();
  const DataSet set = open();
  const EpisodeFrames frames = read_episode(set, episode({4, 1}), spec_);
  std::filesystem::resize_file(folder_ / "frames-00000.h5", 0);
  EXPECT_EQ(frames.decode(0).rgb, decode_jpeg(tiny_clip(kTiny, 0, 0).frames[4], "").rgb);
}

TEST_F(EpisodeFramesTest, CountsBytesAndTakesAnotherEpisode) {
  write();
  const DataSet set = open();
  const EpisodeReader reader({.sources = 1}, {});
  EpisodeFrames frames;
  ReadCounts counts;
  reader.read(set, episode({0, 1, 2}), frames, counts);
  counts = {};
  reader.read(set, episode({3, 1}), frames, counts);
  EXPECT_EQ(frames.count(), 2U);
  EXPECT_EQ(frames.decode(0).rgb, set.decode_frame({0, 3}).rgb);
  EXPECT_EQ(counts.bytes, set.read_frame({0, 3}).size() + set.read_frame({0, 1}).size());
  EXPECT_EQ(counts.repeated, 0U);
  EXPECT_THROW(frames.landmarks(0), Error) << "not asked for";
  EXPECT_THROW(frames.mask(0), Error);
}

TEST_F(EpisodeFramesTest, ADamagedFrameIsAnErrorUnlessItMayBeReplaced) {
  write({2});
  damage({1});
  const DataSet set = open();
  EXPECT_THAT(message_of([&] {
                read_episode(set, episode({1, 0}), spec_);
              }),
              AllOf(HasSubstr("frame 1: the bytes are damaged"), HasSubstr("also on the second read")));
  const EpisodeFrames cut = read_episode(set, episode({0, 2}), spec_);
  try {
    cut.decode(1);
    FAIL() << "a JPEG without its end";
  } catch (const UndecodableFrame& error) {
    EXPECT_EQ(error.place(), 1U);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("frame 2"), HasSubstr("cannot decode JPEG")));
  }
}

TEST_F(EpisodeFramesTest, ReplacesADamagedFrameByTheFirstIntactOneOfItsOrder) {
  write();
  damage({1});
  const DataSet set = open();
  for (std::uint64_t sample = 0; sample < 20; ++sample) {
    EpisodeFrames frames;
    ReadCounts counts;
    replacing().read(set, episode({3, 1}, sample), frames, counts);
    const std::uint32_t expected = first_of(order(sample, 1), {1});
    EXPECT_EQ(frames.episode(), episode({3, expected}, sample));
    EXPECT_EQ(frames.decode(1).rgb, set.decode_frame({0, expected}).rgb);
    EXPECT_EQ(frames.landmarks(1).xy, set.landmarks({0, expected}).xy);
    EXPECT_EQ(frames.mask(1).coverage, set.mask(FrameRef{0, expected})->coverage);
    EXPECT_EQ(frames.replaced(), 1U);
    EXPECT_EQ(counts.repeated, 1U);
  }
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_THAT(told_.begin()->first, AllOf(HasSubstr("frames-00000.h5"), HasSubstr("frame 1")));
  EXPECT_THAT(told_.begin()->second, AllOf(HasSubstr("CRC32C"), HasSubstr("of the clip takes its place")));
}

TEST_F(EpisodeFramesTest, TriesOtherFramesWhereAReplacementIsDamagedToo) {
  write();
  damage({0, 1, 3, 4});
  const DataSet set = open();
  for (std::uint64_t sample = 0; sample < 10; ++sample) {
    EpisodeFrames frames;
    ReadCounts counts;
    replacing().read(set, episode({0, 1}, sample), frames, counts);
    EXPECT_EQ(frames.episode(), episode({2, 2}, sample));
  }
  EXPECT_EQ(told_.size(), 4U) << "each damaged frame is told of";
}

TEST_F(EpisodeFramesTest, KeepsFramesDistinctWhereTheSpecAsksForIt) {
  write();
  damage({1, 4});
  const DataSet set = open();
  for (std::uint64_t sample = 0; sample < 20; ++sample) {
    EpisodeFrames frames;
    ReadCounts counts;
    replacing(true).read(set, episode({1, 3}, sample), frames, counts);
    EXPECT_EQ(frames.episode(), episode({first_of(order(sample, 0), {1, 3, 4}), 3}, sample));
  }
  EpisodeFrames frames;
  ReadCounts counts;
  EXPECT_THROW(replacing(true).read(set, episode({0, 2, 3, 4}), frames, counts), DamageError)
      << "the one intact frame is taken";
}

TEST_F(EpisodeFramesTest, AClipWithoutAnIntactFrameIsAnError) {
  write();
  damage({0, 1, 2, 3, 4});
  const DataSet set = open();
  EpisodeFrames frames;
  ReadCounts counts;
  EXPECT_THAT(message_of([&] {
                replacing().read(set, episode({0, 1}), frames, counts);
              }),
              AllOf(HasSubstr("clip \"id00#video00#000\""), HasSubstr("none of the clip's 5 usable frames")));
}

TEST_F(EpisodeFramesTest, ReplacesAFrameThatDoesNotDecodeAndMakesTheSampleAnew) {
  write({1, 2});
  const DataSet set = open();
  const EpisodeReader reader = replacing();
  for (std::uint64_t sample = 0; sample < 10; ++sample) {
    EpisodeFrames frames;
    ReadCounts counts;
    reader.read(set, episode({1, 2}, sample), frames, counts);
    EXPECT_EQ(frames.replaced(), 0U) << "the bytes are as they were written";
    const auto rows = reader.decoding(frames, counts, [](const EpisodeFrames& f) {
      std::vector<std::array<float, 136>> points{f.landmarks(0).xy, f.landmarks(1).xy};  // before decoding
      f.decode(0);
      f.decode(1);
      return points;
    });
    const std::uint32_t first = first_of(order(sample, 0), {1, 2});
    const std::uint32_t second = first_of(order(sample, 1), {1, 2});
    EXPECT_EQ(frames.episode(), episode({first, second}, sample));
    EXPECT_THAT(rows, ElementsAre(set.landmarks({0, first}).xy, set.landmarks({0, second}).xy));
    EXPECT_EQ(frames.replaced(), 2U);
  }
  EXPECT_EQ(told_.size(), 2U);
}

TEST_F(EpisodeFramesTest, TriesNoFrameTwiceOverBothStages) {
  write({0, 1, 2, 3});
  damage({4});
  const DataSet set = open();
  const EpisodeReader reader = replacing();
  EpisodeFrames frames;
  ReadCounts counts;
  int calls = 0;
  reader.read(set, episode({4}), frames, counts);  // gets one of the others, which only decoding finds out
  EXPECT_THROW(reader.decoding(frames,
                               counts,
                               [&](const EpisodeFrames& f) {
                                 ++calls;
                                 f.decode(0);
                               }),
               DamageError);
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(told_.size(), 4U) << "all but the last, which nothing replaces";
}

TEST_F(EpisodeFramesTest, DamagedAnnotationsCountLikeTheFrame) {
  write();
  damage_row("landmark68", "/frame/points", 1 * 544 + 3);
  damage_row("mask", "/frame/bytes", 2);  // frame 0
  const DataSet set = open();
  EXPECT_THAT(message_of([&] { read_episode(set, episode({1, 3}), spec_); }), HasSubstr("landmark68.h5"));
  EXPECT_THAT(message_of([&] { read_episode(set, episode({0, 3}), spec_); }), HasSubstr("mask.h5"));
  EpisodeFrames frames;
  ReadCounts counts;
  replacing().read(set, episode({1, 0}), frames, counts);
  EXPECT_EQ(frames.episode(), episode({first_of(order(3, 0), {0, 1}), first_of(order(3, 1), {0, 1})}));
  const EpisodeReader pictures_alone({.sources = 1}, {});
  EXPECT_NO_THROW(pictures_alone.read(set, episode({1, 0}), frames, counts));
}

TEST_F(EpisodeFramesTest, AReadThatFailsOnceIsRepeatedAndChangesNothing) {
  write();
  const auto flips = std::make_shared<int>(0);
  const ReadOptions reading{.read = [flips](int descriptor, void* target, std::size_t bytes, off_t offset) {
    const ssize_t got = ::pread(descriptor, target, bytes, offset);
    if (*flips > 0 && (*flips)-- > 0) static_cast<char*>(target)[bytes / 2] ^= 1;
    return got;
  }};
  const DataSet set = DataSet::open(folder_, {.landmarks = true, .masks = true}, reading);
  *flips = 1;
  EpisodeFrames frames;
  ReadCounts counts;
  replacing().read(set, episode({0, 1}), frames, counts);
  EXPECT_EQ(frames.episode(), episode({0, 1}));
  EXPECT_EQ(counts.repeated, 1U);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(EpisodeFramesTest, AFileThatCannotBeReadEndsTheRunEvenSo) {
  write();
  const DataSet set = open();
  std::filesystem::resize_file(folder_ / "frames-00000.h5", 3000);
  EpisodeFrames frames;
  ReadCounts counts;
  EXPECT_THAT(message_of([&] {
                replacing().read(set, episode({4, 1}), frames, counts);
              }),
              HasSubstr("cut short after it was opened"));
}

}  // namespace
}  // namespace understudy
