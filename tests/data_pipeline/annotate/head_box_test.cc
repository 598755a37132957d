#include "data_pipeline/annotate/head_box.h"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data_pipeline/damage.h"
#include "tests/data_pipeline/packer/annotated_clip.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

TEST(HeadBox, ReachesFromAboveTheBrowsToBelowTheChin) {
  Landmarks68 landmarks;  // centres of pixels 100 to 140 across, 60 to 160 down
  for (std::size_t i = 0; i < 68; ++i) {
    landmarks.xy[2 * i] = 100.0F + static_cast<float>(i % 5) * 10.0F;
    landmarks.xy[2 * i + 1] = 60.0F + static_cast<float>(i % 11) * 10.0F;
  }
  const auto box = head_box(landmarks, 256.0F, 512, 128);
  ASSERT_TRUE(box);
  // 15 % of 40 to both sides, 60 % of 100 above and 10 % below; half a pixel to its edge; twice and half the size.
  EXPECT_THAT(
      *box,
      ElementsAre(
          FloatNear(189.0F, 1e-3F), FloatNear(0.25F, 1e-3F), FloatNear(293.0F, 1e-3F), FloatNear(85.25F, 1e-3F)));
}

TEST(HeadBox, IsUnknownWithoutAFace) {
  EXPECT_FALSE(head_box(Landmarks68(), 256.0F, 64, 64));
  Landmarks68 point;
  point.xy.fill(7.0F);
  EXPECT_FALSE(head_box(point, 256.0F, 64, 64));
}

TEST(HeadBox, OfAMaskIsItsExtent) {
  Mask mask{5, 4, std::vector<std::uint8_t>(20, 127)};
  EXPECT_FALSE(head_box(mask));
  mask.coverage[1 * 5 + 3] = 128;
  EXPECT_THAT(head_box(mask).value(), ElementsAre(3, 1, 4, 2));
  mask.coverage[2 * 5 + 1] = 255;
  EXPECT_THAT(head_box(mask).value(), ElementsAre(1, 1, 4, 3));
}

class HeadBoxAnnotatorTest : public testing::Test {
 protected:
  HeadBoxAnnotatorTest() { write_tiny_set(folder_.path() / "set", {.masks = true}); }
  DataSet open() const { return DataSet::open(folder_.path() / "set"); }
  StoredClip clip(std::uint32_t row) const {
    StoredClip stored;
    stored.row = row;
    stored.listed.name = open().clips()[row].name;
    stored.frames.position = {0, 1, 2, 3};
    stored.frames.width = stored.frames.height = 32;
    return stored;
  }
  static FrameBox box_at(const ClipAnnotations& annotations, std::size_t frame) {
    FrameBox box;
    std::memcpy(box.data(), annotations.rows.at(0).bytes.data() + frame * sizeof(box), sizeof(box));
    return box;
  }

  TemporaryFolder folder_;
};

TEST_F(HeadBoxAnnotatorTest, TakesLandmarksOrMasksOfEachFrame) {
  const ClipAnnotations from_points = HeadBoxAnnotator(open(), BoxSource::kLandmarks).annotate(clip(2));
  const ClipAnnotations from_masks = HeadBoxAnnotator(open(), BoxSource::kMasks).annotate(clip(2));
  EXPECT_THAT(from_points.rows.at(0).valid, ElementsAre(1, 1, 1, 1));
  EXPECT_EQ(box_at(from_points, 3), head_box(tiny_landmarks(2 * 4 + 3), 256.0F, 32, 32));
  EXPECT_THAT(box_at(from_masks, 3), ElementsAre(0, 0, 12, 1));  // twelve pixels of the first row
}

TEST_F(HeadBoxAnnotatorTest, RejectsAClipWithoutFacesAndASetWithoutTheKind) {
  ClipRecord faceless = tiny_clip({}, 1, 0);
  faceless.annotations.landmarks.assign(4, {});
  SetWriter writer(folder_.path() / "faceless", {});
  writer.add(tiny_clip({}, 0, 0));
  writer.add(faceless);
  writer.finish();
  const HeadBoxAnnotator annotator(DataSet::open(folder_.path() / "faceless"), BoxSource::kLandmarks);
  StoredClip second = clip(2);
  second.row = 1;
  EXPECT_EQ(rejected_by([&] { annotator.annotate(second); }).reason, RejectionReason::kNoFace);
  EXPECT_THAT(message_of([&] { HeadBoxAnnotator(DataSet::open(folder_.path() / "faceless"), BoxSource::kMasks); }),
              HasSubstr("of kind mask, of which the set has none"));
}

}  // namespace
}  // namespace understudy
