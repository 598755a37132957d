#include "data_pipeline/packer/openface_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data_pipeline/packer/annotated_clip.h"
#include "tests/data_pipeline/packer/row_values.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Names of columns as OpenFace 2.2 writes them, some that nobody reads among them.
std::string header() {
  std::string text = "frame, face_id, timestamp, confidence, success, gaze_0_x, pose_Tx, pose_Rx, pose_Ry, pose_Rz";
  for (const int unit : kIntensityUnits) text += fmt::format(", AU{:02}_r", unit);
  for (const int unit : kPresenceUnits) text += fmt::format(", AU{:02}_c", unit);
  return text + "\n";
}

/// Intensity of unit u is u / 100, presence that of even units; the last angle is `roll`.
std::string row(int frame, double confidence, int success, const std::string& roll) {
  std::string text = fmt::format("{}, 0, 0.040, {}, {}, 0.5, 9.0, 0.1, -0.2, {}", frame, confidence, success, roll);
  for (const int unit : kIntensityUnits) text += fmt::format(", {}", unit / 100.0);
  for (const int unit : kPresenceUnits) text += fmt::format(", {:.2f}", unit % 2 == 0 ? 1.0 : 0.0);
  return text + "\r\n";
}

class OpenFaceFile : public AnnotatedClip {
 protected:
  AnnotationRows read(const std::string& text) const {
    write("train/c.csv", text);
    return read_openface_file(folder_.path(), clip_, frames_);
  }
  void expect_rejected(const std::string& text, const std::string& detail) const {
    const Rejected result = rejected_by([&] { read(text); });
    EXPECT_EQ(result.reason, RejectionReason::kAnnotation);
    EXPECT_THAT(result.detail, HasSubstr(detail));
  }
};

TEST_F(OpenFaceFile, GivesPoseAndActionUnitsOfPackedFrames) {
  const AnnotationRows rows =
      read(header() + row(1, 0.98, 1, "0.1") + row(2, 0.9, 1, "0.2") + row(3, 0.9, 1, "0.3") + row(4, 0.9, 1, "0.4"));
  EXPECT_EQ(rows.kind, AnnotationKind::kPoseAu);
  EXPECT_THAT(rows.valid, ElementsAre(1, 1, 1));
  const auto floats = row_floats(rows, 2);
  EXPECT_EQ(floats[0], 0.1F);
  EXPECT_EQ(floats[1], -0.2F);
  EXPECT_EQ(floats[2], 0.4F);
  EXPECT_EQ(floats[3], 0.01F);       // AU01
  EXPECT_EQ(floats[3 + 15], 0.26F);  // AU26, behind it AU45: 28 has no intensity
  EXPECT_EQ(floats[3 + 16], 0.45F);
  const auto present = std::span(rows.bytes).subspan(2 * 98 + 80, 18);
  EXPECT_EQ(present[0], std::byte{0});   // AU01
  EXPECT_EQ(present[1], std::byte{1});   // AU02
  EXPECT_EQ(present[16], std::byte{1});  // AU28
  EXPECT_EQ(present[17], std::byte{0});  // AU45
}

TEST_F(OpenFaceFile, LeavesFailedAndMissingFramesUnknown) {
  EXPECT_THAT(read(header() + row(1, 0.1, 0, "0") + row(4, 0.9, 1, "0.4")).valid, ElementsAre(0, 0, 1));
  EXPECT_THAT(read(header() + row(1, 0.9, 1, "-nan(ind)") + row(2, 0.9, 1, "0")).valid, ElementsAre(0, 1, 0));
}

TEST_F(OpenFaceFile, TakesTheFaceOfTheLargestConfidence) {
  const AnnotationRows rows =
      read(header() + row(1, 0.7, 1, "0.1") + row(1, 0.9, 1, "0.2") + row(1, 0.9, 1, "0.3") + row(1, 0.99, 0, "0.4"));
  EXPECT_EQ(row_floats(rows, 0)[2], 0.2F);
}

TEST_F(OpenFaceFile, IsRejectedWhenItDoesNotFit) {
  expect_rejected(header() + row(5, 0.9, 1, "0"), "line 2: frame 5 of a clip of 4 frames");
  expect_rejected(header() + row(0, 0.9, 1, "0"), "frame 0 of a clip of 4 frames");
  expect_rejected("frame, confidence, success, pose_Rx\n1, 1, 1, 0\n", "no column \"pose_Ry\"");
  expect_rejected(header() + "1, 2\n", "line 2: 2 fields");
  expect_rejected(header() + row(1, 0.9, 1, "x"), "line 2: column \"pose_Rz\" holds \"x\"");
  clip_.source = "train/d.mp4";
  expect_rejected("", "no " + (folder_.path() / "train/d.mp4.csv").string());
}

}  // namespace
}  // namespace understudy
