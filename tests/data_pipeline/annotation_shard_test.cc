#include "data_pipeline/annotation_shard.h"

#include <algorithm>
#include <span>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_pipeline/annotation_writer.h"
#include "data_pipeline/frame_shard.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Landmarks68 read_landmarks(const RowShard& shard, std::uint64_t frame) {
  Landmarks68 landmarks;
  shard.read(frame, std::as_writable_bytes(std::span(landmarks.xy)), "frame");
  return landmarks;
}

/// A frame shard of two clips with 4 frames each, the second of them with all annotations.
class AnnotationShardTest : public ::testing::Test {
 protected:
  AnnotationShardTest() {
    ClipRecord annotated = tiny_clip({.masks = true, .truth = true}, 0, 1);
    annotated.annotations.masks[2].clear();
    annotated.annotations.landmarks[3] = {};
    for (const ClipRecord& clip : {tiny_clip({.landmarks = false}, 0, 0), annotated}) {
      frames_.add(clip);
      collector_.add(clip.annotations, clip.frames.size());
    }
    partner_.tables = &frames_.tables();
    written_ = collector_.write(folder_.path(), partner_, options_);
  }
  std::filesystem::path path(AnnotationKind kind) const { return folder_.path() / annotation_shard_name(0, kind); }

  TemporaryFolder folder_;
  SetOptions options_{.landmark_reference_size = 512.0F};
  FrameShardWriter frames_{folder_.path(), 0, options_};
  AnnotationCollector collector_;
  AnnotationPartner partner_{0, std::string(64, 'a'), nullptr};
  std::vector<AnnotationEntry> written_;
};

TEST_F(AnnotationShardTest, LandmarksKeepTheirSourceValues) {
  const RowShard shard(AnnotationKind::kLandmark68, path(AnnotationKind::kLandmark68), partner_);
  EXPECT_EQ(shard.reference_size(), 512.0F);
  for (std::uint64_t row = 0; row < 8; ++row) EXPECT_EQ(shard.valid(row), row >= 4 && row < 7) << row;
  EXPECT_EQ(read_landmarks(shard, 5).xy, tiny_landmarks(5).xy);
  EXPECT_FALSE(read_landmarks(shard, 0).valid());
  EXPECT_NE(shard.content_crc(0, 4), shard.content_crc(4, 8));
}

TEST_F(AnnotationShardTest, FurtherKindsKeepEveryColumnOfEveryFrame) {
  for (const AnnotationKind kind : {AnnotationKind::kFlame, AnnotationKind::kPoseAu, AnnotationKind::kKeypoint10}) {
    AnnotationRows rows{kind, {1, 1, 0, 1}, std::vector<std::byte>(4 * row_bytes(kind))};
    for (std::size_t i = 0; i < rows.bytes.size(); ++i) rows.bytes[i] = static_cast<std::byte>(i * 37 % 251);
    std::fill_n(rows.bytes.begin() + static_cast<std::ptrdiff_t>(2 * row_bytes(kind)), row_bytes(kind), std::byte{0});
    AnnotationCollector collector;
    collector.add({}, 4);
    collector.add({.landmarks = {}, .masks = {}, .truth = {}, .rows = {rows}}, 4);
    const auto written = collector.write(folder_.path(), partner_, options_);
    ASSERT_EQ(written.size(), 1U);
    EXPECT_EQ(written[0].file.payload.size(), row_columns(kind).size());
    const RowShard shard(kind, path(kind), partner_);
    std::vector<std::byte> row(row_bytes(kind));
    for (std::size_t frame = 0; frame < 4; ++frame) {
      EXPECT_EQ(shard.valid(4 + frame), rows.valid[frame] != 0);
      shard.read(4 + frame, row, "frame");
      EXPECT_TRUE(
          std::equal(row.begin(), row.end(), rows.bytes.begin() + static_cast<std::ptrdiff_t>(frame * row.size())));
    }
    EXPECT_FALSE(shard.valid(0));
  }
}

TEST_F(AnnotationShardTest, MasksMayBeAbsentFrameByFrame) {
  const MaskShard shard(path(AnnotationKind::kMask), partner_);
  for (std::uint64_t row = 0; row < 8; ++row) EXPECT_EQ(shard.valid(row), row >= 4 && row != 6) << row;
  EXPECT_EQ(shard.read(5, "frame"), tiny_clip({.masks = true}, 0, 1).annotations.masks[1]);
  EXPECT_TRUE(shard.read(6, "frame").empty());
}

TEST_F(AnnotationShardTest, TruthIsKnownWhereItWasGiven) {
  const SyntheticShard shard(path(AnnotationKind::kSynthetic), partner_);
  EXPECT_FALSE(shard.valid(3));
  EXPECT_TRUE(shard.valid(4));
  EXPECT_THAT(shard.identity(1), ElementsAre(0.0F, 0.5F));
  EXPECT_THAT(shard.pose(6), ElementsAre(6.0F, 0.25F, -0.5F));
  EXPECT_THAT(shard.expression(6), ElementsAre(0.125F, 2.0F, 1.0F, -1.0F));
}

TEST_F(AnnotationShardTest, RefusesAnotherPartner) {
  AnnotationPartner other = partner_;
  other.frames_sha256 = std::string(64, 'b');
  for (const AnnotationEntry& written : written_) {
    const auto open = [&] {
      if (written.kind == AnnotationKind::kLandmark68) RowShard(written.kind, path(written.kind), other);
      if (written.kind == AnnotationKind::kMask) MaskShard(path(written.kind), other);
      if (written.kind == AnnotationKind::kSynthetic) SyntheticShard(path(written.kind), other);
    };
    EXPECT_THAT(message_of(open), AllOf(HasSubstr("frames-00000"), HasSubstr("belong to other frames")));
  }
  FrameTables renamed = frames_.tables();
  renamed.clip_name[1] = "another";
  other = {0, partner_.frames_sha256, &renamed};
  EXPECT_THAT(message_of([&] { MaskShard(path(AnnotationKind::kMask), other); }),
              HasSubstr("its clips are not those of frames-00000.h5"));
}

TEST_F(AnnotationShardTest, RefusesAKindInThePlaceOfAnother) {
  EXPECT_THAT(message_of([&] { RowShard(AnnotationKind::kLandmark68, path(AnnotationKind::kMask), partner_); }),
              HasSubstr("format is \"understudy.mask\""));
}

}  // namespace
}  // namespace understudy
