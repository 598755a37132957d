#include "data_pipeline/packer/landmark_files.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data_pipeline/numpy_files.h"
#include "tests/data_pipeline/packer/annotated_clip.h"

namespace understudy {
namespace {

using testing::HasSubstr;

constexpr std::size_t kRow = 136;

/// Frame f's point p is (40 + f + p, 60 + f + 2 p), to be found again exactly.
std::vector<float> faces(std::size_t frames) {
  std::vector<float> values;
  for (std::size_t f = 0; f < frames; ++f) {
    for (std::size_t p = 0; p < 68; ++p) {
      values.push_back(static_cast<float>(40 + f + p));
      values.push_back(static_cast<float>(60 + f + 2 * p));
    }
  }
  return values;
}

std::vector<float> scaled(std::vector<float> values, float factor) {
  for (float& value : values) value *= factor;
  return values;
}

class LandmarkFiles : public AnnotatedClip {
 protected:
  std::vector<Landmarks68> read() const { return read_landmark_files(folder_.path(), 256.0F, clip_, frames_); }

  void expect_rejected(RejectionReason reason, const std::string& detail) const {
    const Rejected result = rejected_by([&] { read(); });
    EXPECT_TRUE(result.rejected) << detail;
    EXPECT_EQ(result.reason, reason);
    EXPECT_THAT(result.detail, HasSubstr(detail));
  }

  void write_clip(const std::vector<float>& values, const std::string& shape = "(4, 68, 2)") const {
    write("train/c.npy", npy("<f4", shape, raw(values)));
  }
};

TEST_F(LandmarkFiles, GiveTheRowsOfPackedFramesAsTheyAre) {
  write_clip(faces(4));
  const auto landmarks = read();
  ASSERT_EQ(landmarks.size(), 3);
  EXPECT_EQ(landmarks[0].xy[0], 40.0F);
  EXPECT_EQ(landmarks[0].xy[1], 60.0F);
  EXPECT_EQ(landmarks[1].xy[135], 60.0F + 1 + 2 * 67);
  EXPECT_EQ(landmarks[2].xy[4], 40.0F + 3 + 2);
}

TEST_F(LandmarkFiles, KeepZerosOfFramesWithoutAFace) {
  auto values = faces(4);
  std::fill_n(values.begin() + kRow, kRow, 0.0F);
  write_clip(values);
  const auto landmarks = read();
  EXPECT_TRUE(landmarks[0].valid());
  EXPECT_FALSE(landmarks[1].valid());
  frames_.crop = {128, 0, 512, 512};
  EXPECT_FALSE(read()[1].valid());
}

TEST_F(LandmarkFiles, AreReadFromOneFileAFrame) {
  name_frames();
  const auto values = faces(2);
  write("id1/VIDEO/00.npy", npy("<f4", "(68, 2)", raw(std::vector<float>(values.begin(), values.begin() + kRow))));
  write("id1/VIDEO/75.npy", npy("<f4", "(68, 2)", raw(std::vector<float>(values.begin() + kRow, values.end()))));
  const auto landmarks = read();
  ASSERT_EQ(landmarks.size(), 3);
  EXPECT_EQ(landmarks[0].xy[0], 40.0F);
  EXPECT_FALSE(landmarks[1].valid());
  EXPECT_EQ(landmarks[2].xy[0], 41.0F);
}

TEST_F(LandmarkFiles, MoveWithACrop) {
  // Pixel 40 of 256 is centred on 81 of 512, 17 of the 256 wide crop, pixel 16.5 of 256 again; pixel 60 on 121 of 512,
  // which is 121 of the 384 high crop.
  write_clip(faces(4));
  frames_.crop = {64, 0, 320, 384};
  frames_.width = 100;  // does not matter
  const auto landmarks = read();
  EXPECT_FLOAT_EQ(landmarks[0].xy[0], 16.5F);
  EXPECT_FLOAT_EQ(landmarks[0].xy[1], 121.0F * 256 / 384 - 0.5F);
}

TEST_F(LandmarkFiles, AreMissing) {
  expect_rejected(RejectionReason::kLandmarksMissing, "train/c.mp4.npy, nor in any other of 4 places");
  name_frames();
  write("id1/VIDEO/99.npy", "");
  expect_rejected(RejectionReason::kLandmarksMissing, "id1/VIDEO.npy");
}

TEST_F(LandmarkFiles, CannotBeRead) {
  write("train/c.npy", "text");
  expect_rejected(RejectionReason::kLandmarksUnreadable, "train/c.npy: no array of numbers");
  write("train/c.npy", npy("|O", "(4,)", "pickle"));
  expect_rejected(RejectionReason::kLandmarksUnreadable, "type '|O'");
}

TEST_F(LandmarkFiles, HaveAnotherShape) {
  write_clip(std::vector<float>(4 * 68 * 3, 50.0F), "(4, 68, 3)");
  expect_rejected(RejectionReason::kLandmarkShape, "shape [4, 68, 3], not [4, 68, 2]; keep x and y: points[..., :2]");
  write_clip(std::vector<float>(4 * 5 * 2, 50.0F), "(4, 5, 2)");
  expect_rejected(RejectionReason::kLandmarkShape, "shape [4, 5, 2], not [4, 68, 2]");
  write_clip({50.0F}, "()");
  expect_rejected(RejectionReason::kLandmarkShape, "shape [], not [0, 68, 2]");
}

TEST_F(LandmarkFiles, HaveRowsForAnotherNumberOfFrames) {
  write_clip(faces(3), "(3, 68, 2)");
  expect_rejected(RejectionReason::kLandmarkCount, "3 rows of landmarks for 4 frames");
  write_clip(faces(5), "(5, 68, 2)");
  expect_rejected(RejectionReason::kLandmarkCount, "5 rows");
}

TEST_F(LandmarkFiles, AreInAnotherUnit) {
  write_clip(scaled(faces(4), 2.0F));  // pixels of 512
  expect_rejected(RejectionReason::kLandmarkRange, "units? --landmark-size");
  write_clip(scaled(faces(4), 1.0F / 256));
  expect_rejected(RejectionReason::kLandmarkRange, "y 0.2 to 0.8");
  EXPECT_NO_THROW(read_landmark_files(folder_.path(), 1.0F, clip_, frames_));
}

TEST_F(LandmarkFiles, MayLeaveThePictureInSingleFrames) {
  auto values = faces(4);
  for (std::size_t v = 0; v < kRow; ++v) values[v] += 500.0F;
  write_clip(values);
  EXPECT_EQ(read()[0].xy[0], 540.0F);
}

TEST_F(LandmarkFiles, AreNotFinite) {
  auto values = faces(4);
  values[3 * kRow + 5] = NAN;
  write_clip(values);
  expect_rejected(RejectionReason::kLandmarkRange, "landmarks of frame 3 are not all finite");
}

TEST_F(LandmarkFiles, HaveNoFaceInAnyPackedFrame) {
  auto values = faces(4);
  std::fill_n(values.begin(), 2 * kRow, 0.0F);
  std::fill_n(values.begin() + 3 * kRow, kRow, 0.0F);
  write_clip(values);
  expect_rejected(RejectionReason::kNoFace, "all landmarks are zero");
}

}  // namespace
}  // namespace understudy
