#include "data_pipeline/fsrt_crops.h"

#include <array>

#include <gtest/gtest.h>

#include "tests/data_pipeline/fsrt_golden.h"

namespace understudy {
namespace {

LandmarkBox box_of(int frame, bool flip, float reference_size = 256.0F) {
  Landmarks68 face = golden::landmarks(frame);
  for (float& value : face.xy) value *= reference_size / 256.0F;
  return landmark_box(std::array{face}, reference_size, flip);
}

TEST(FsrtCrops, ReproduceTheGoldenBounds) {
  EXPECT_EQ(out_of_frame_bounds(box_of(0, false)), (CropMargins{.left = 74, .right = 69, .top = 58, .bottom = 75}));
  EXPECT_EQ(face_crop_bounds(box_of(1, false)), (CropMargins{.left = 94, .right = 82, .top = 80, .bottom = 81}));
  EXPECT_EQ(out_of_frame_bounds(box_of(0, true)), (CropMargins{.left = 69, .right = 74, .top = 58, .bottom = 75}));
  EXPECT_EQ(face_crop_bounds(box_of(1, true)), (CropMargins{.left = 80, .right = 95, .top = 80, .bottom = 81}));
}

TEST(FsrtCrops, AreTheSameForLandmarksOfAnotherReferenceSize) {
  EXPECT_EQ(out_of_frame_bounds(box_of(0, true, 512.0F)), out_of_frame_bounds(box_of(0, true)));
  EXPECT_EQ(face_crop_bounds(box_of(1, false, 128.0F)), face_crop_bounds(box_of(1, false)));
}

TEST(FsrtCrops, ReproduceTheGoldenTransform) {
  const CropTransform crop = out_of_frame_crop({.left = 20, .right = 11, .top = 9, .bottom = 40}, 320, 288);
  EXPECT_TRUE(crop.valid);
  EXPECT_EQ(crop.region, (Rectangle{25, 10, 281, 233}));
  EXPECT_NEAR(crop.scale[0], 1.13879, 1e-6);
  EXPECT_NEAR(crop.scale[1], 1.2360516, 1e-6);
  EXPECT_NEAR(crop.shift[0], -0.034375001, 1e-8);
  EXPECT_NEAR(crop.shift[1], 0.12152778, 1e-8);
}

TEST(FsrtCrops, MapCornersOfTheKeptRegionToTheEdges) {
  const CropTransform crop = out_of_frame_crop({.left = 30, .right = 50, .top = 12, .bottom = 7}, 256, 256);
  const double left = 2.0 * 30 / 256 - 1;
  const double right = 1 - 2.0 * 50 / 256;
  EXPECT_NEAR((left + crop.shift[0]) * crop.scale[0], -1.0, 1e-6);
  EXPECT_NEAR((right + crop.shift[0]) * crop.scale[0], 1.0, 1e-6);
}

TEST(FsrtCrops, RefuseWhatLeavesTheUniqueCoordinatesOrNothing) {
  EXPECT_TRUE(out_of_frame_crop({.left = 64, .right = 64}, 256, 256).valid);
  EXPECT_FALSE(out_of_frame_crop({.left = 90, .right = 0}, 256, 256).valid);
  EXPECT_FALSE(out_of_frame_crop({.top = 200, .bottom = 56}, 256, 256).valid);
}

TEST(FsrtCrops, FallBackToTheWholeFrameWhenAFaceCropIsEmpty) {
  EXPECT_EQ(face_crop({.left = 200, .right = 60}, 320, 288), (Rectangle{0, 0, 320, 288}));
  EXPECT_EQ(face_crop({.left = 41, .right = 25, .top = 30, .bottom = 12}, 320, 288), (Rectangle{51, 34, 238, 240}));
}

TEST(FsrtCrops, HaveBoundsForFacesAtAndBeyondTheEdges) {
  const CropMargins bounds = out_of_frame_bounds({-20.0, -5.0, 300.0, 270.0});
  EXPECT_EQ(bounds, (CropMargins{.left = 1, .right = 1, .top = 1, .bottom = 1}));
  const CropMargins face = face_crop_bounds({-20.0, -5.0, 300.0, 270.0});
  EXPECT_EQ(face, (CropMargins{.left = 1, .right = 1, .top = 1, .bottom = 1}));
}

}  // namespace
}  // namespace understudy
