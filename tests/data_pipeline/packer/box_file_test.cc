#include "data_pipeline/packer/box_file.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data_pipeline/numpy_files.h"
#include "tests/data_pipeline/packer/annotated_clip.h"
#include "tests/data_pipeline/packer/row_values.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class BoxFile : public AnnotatedClip {
 protected:
  AnnotationRows read() const { return read_box_file(folder_.path(), clip_, frames_); }
  void expect_rejected(const std::string& detail) const {
    const Rejected result = rejected_by([&] { read(); });
    EXPECT_EQ(result.reason, RejectionReason::kAnnotation);
    EXPECT_THAT(result.detail, HasSubstr(detail));
  }
};

TEST_F(BoxFile, GivesBoxesOfPackedFrames) {
  write("c.npy", npy("<f8", "(4, 4)", raw<double>({0, 1, 2, 3, 10, 11, 12, 13, 0, 0, 0, 0, 30.5, 31, 600, 33})));
  const AnnotationRows rows = read();
  EXPECT_EQ(rows.kind, AnnotationKind::kBox);
  EXPECT_THAT(rows.valid, ElementsAre(1, 1, 1));
  EXPECT_THAT(row_floats(rows, 1), ElementsAre(10, 11, 12, 13));
  EXPECT_THAT(row_floats(rows, 2), ElementsAre(30.5, 31, 600, 33));
}

TEST_F(BoxFile, MovesBoxesWithCropAndResize) {
  write("c.csv", "frame, left, top, right, bottom\n1, 128, 100, 256, 300\n");
  frames_.crop = {64, 0, 320, 512};
  frames_.width = frames_.height = 128;
  const AnnotationRows rows = read();
  EXPECT_THAT(rows.valid, ElementsAre(0, 1, 0));
  EXPECT_THAT(row_floats(rows, 1), ElementsAre(32, 25, 96, 75));
}

TEST_F(BoxFile, LeavesFramesWithoutABoxUnknown) {
  write("c.npy", npy("<f4", "(4, 4)", raw<float>({5, 5, 5, 9, 1, 2, NAN, 9, 0, 0, 0, 0, 1, 9, 2, 3})));
  EXPECT_THAT(read().valid, ElementsAre(0, 0, 0));
}

TEST_F(BoxFile, IsRejectedWhenItDoesNotFit) {
  expect_rejected("train/c.mp4.csv");
  write("c.csv", "frame,left,top,right\n");
  expect_rejected("no column \"bottom\"");
  write("c.csv", "frame,left,top,right,bottom\n4,1,2,3,4\n");
  expect_rejected("line 2: frame 4 of a clip of 4, counted from 0");
  write("c.csv", "frame,left,top,right,bottom\n2,1,2,3,4\n2,1,2,3,4\n");
  expect_rejected("line 3: frame 2 has a second box");
  write("c.npy", npy("<f4", "(3, 4)", raw(std::vector<float>(12))));
  expect_rejected("shape [3, 4], not [4, 4]");
}

}  // namespace
}  // namespace understudy
