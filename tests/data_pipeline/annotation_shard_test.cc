#include "data_pipeline/annotation_shard.h"

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

/// A frame shard of two clips with 4 frames each, the second of them with all annotations.
class AnnotationShardTest : public ::testing::Test {
 protected:
  AnnotationShardTest() {
    ClipRecord annotated = tiny_clip({.masks = true, .truth = true}, 0, 1);
    annotated.annotations.masks[2].clear();
    annotated.annotations.landmarks[3] = {};
    for (const ClipRecord& clip : {tiny_clip({.landmarks = false}, 0, 0), annotated}) {
      frames_.add(clip, 0);
      collector_.add(clip);
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
  std::vector<WrittenAnnotation> written_;
};

TEST_F(AnnotationShardTest, LandmarksKeepTheirSourceValues) {
  const LandmarkShard shard(path(AnnotationKind::kLandmark68), partner_);
  EXPECT_EQ(shard.reference_size(), 512.0F);
  for (std::uint64_t row = 0; row < 8; ++row) EXPECT_EQ(shard.valid(row), row >= 4 && row < 7) << row;
  EXPECT_EQ(shard.read(5, "frame").xy, tiny_landmarks(5).xy);
  EXPECT_FALSE(shard.read(0, "frame").valid());
  EXPECT_NE(shard.content_crc(0, 4), shard.content_crc(4, 8));
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
  for (const WrittenAnnotation& written : written_) {
    const auto open = [&] {
      if (written.kind == AnnotationKind::kLandmark68) LandmarkShard(written.path, other);
      if (written.kind == AnnotationKind::kMask) MaskShard(written.path, other);
      if (written.kind == AnnotationKind::kSynthetic) SyntheticShard(written.path, other);
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
  EXPECT_THAT(message_of([&] { LandmarkShard(path(AnnotationKind::kMask), partner_); }),
              HasSubstr("format is \"understudy.mask\""));
}

}  // namespace
}  // namespace understudy
