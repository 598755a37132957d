#include "data_pipeline/packer/flame_file.h"

#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data_pipeline/numpy_files.h"
#include "tests/data_pipeline/packer/annotated_clip.h"
#include "tests/data_pipeline/packer/row_values.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<float> counted(std::size_t count, float first) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

std::string floats(const std::string& shape, std::size_t count, float first = 0.0F) {
  return npy("<f4", shape, raw(counted(count, first)));
}

using Files = std::vector<std::pair<std::string, std::string>>;

/// A fit of four frames with DECA's names.
Files deca() {
  return {{"shape.npy", floats("(4, 100)", 400)},
          {"exp.npy", floats("(4, 50)", 200, 1000)},
          {"pose.npy", floats("(4, 6)", 24, 2000)},
          {"cam.npy", floats("(4, 3)", 12, 3000)},
          {"tex.npy", npy("|O", "(1,)", "pickle")}};
}

class FlameFile : public AnnotatedClip {
 protected:
  AnnotationRows read(const Files& files) const {
    write("train/c.npz", zip(files));
    return read_flame_file(folder_.path(), clip_, frames_);
  }
  void expect_rejected(const Files& files, const std::string& detail) const {
    const Rejected result = rejected_by([&] { read(files); });
    EXPECT_EQ(result.reason, RejectionReason::kAnnotation);
    EXPECT_THAT(result.detail, HasSubstr(detail));
  }
};

TEST_F(FlameFile, GivesTheRowsOfPackedFrames) {
  const AnnotationRows rows = read(deca());
  EXPECT_EQ(rows.kind, AnnotationKind::kFlame);
  EXPECT_THAT(rows.valid, ElementsAre(1, 1, 1));
  const auto last = row_floats(rows, 2);  // frame 3 of the source
  ASSERT_EQ(last.size(), 159);
  EXPECT_EQ(last[0], 300.0F);
  EXPECT_EQ(last[100], 1150.0F);
  EXPECT_EQ(last[150], 2018.0F);
  EXPECT_EQ(last[156], 3009.0F);
  EXPECT_EQ(last[158], 3011.0F);
}

TEST_F(FlameFile, TakesOneShapeForThePersonAndOtherNames) {
  for (const std::string shape : {"(100,)", "(1, 100)"}) {
    Files files = deca();
    files[0] = {"shapecode.npy", floats(shape, 100, 7)};
    files[1].first = "expcode.npy";
    const AnnotationRows rows = read(files);
    EXPECT_EQ(row_floats(rows, 0)[0], 7.0F);
    EXPECT_EQ(row_floats(rows, 2)[99], 106.0F);
  }
}

TEST_F(FlameFile, LeavesFramesUnknownThatAreSaidToBeOrNotFinite) {
  Files files = deca();
  std::vector<float> camera = counted(12, 0);
  camera[4] = NAN;
  files[3].second = npy("<f4", "(4, 3)", raw(camera));
  EXPECT_THAT(read(files).valid, ElementsAre(1, 0, 1));
  files.emplace_back("valid.npy", npy("|b1", "(4,)", std::string("\x00\x01\x01\x01", 4)));
  EXPECT_THAT(read(files).valid, ElementsAre(0, 0, 1));
}

TEST_F(FlameFile, IsRejectedWhenArraysAreMissingOrTwice) {
  Files files = deca();
  files.erase(files.begin() + 3);
  expect_rejected(files, "no array cam or camera or flame_cam; there are shape, exp, pose, tex");
  files = deca();
  files.emplace_back("expression.npy", files[1].second);
  expect_rejected(files, "has both \"exp\" and \"expression\"");
}

TEST_F(FlameFile, IsRejectedForOtherShapes) {
  Files files = deca();
  files[0].second = floats("(4, 300)", 1200);
  expect_rejected(files, "shape has shape [4, 300], not [4, 100]; fit the model with 100 parameters");
  files = deca();
  files[2].second = floats("(4, 3)", 12);
  expect_rejected(files, "pose has shape [4, 3], not [4, 6]");
  files = deca();
  files[1].second = floats("(5, 50)", 250);
  expect_rejected(files, "exp has shape [5, 50], not [4, 50]");
  files = deca();
  files[1].second = floats("(1, 50)", 50);
  expect_rejected(files, "exp has shape [1, 50]");
  files = deca();
  files.emplace_back("valid.npy", floats("(3,)", 3));
  expect_rejected(files, "valid has shape [3], not [4]");
}

TEST_F(FlameFile, IsRejectedWhenItIsNoArchiveOrNotThere) {
  write("train/c.npz", "text");
  const auto read_it = [&] { read_flame_file(folder_.path(), clip_, frames_); };
  EXPECT_THAT(rejected_by(read_it).detail, HasSubstr("no .npz archive"));
  clip_.source = "train/d.mp4";
  EXPECT_THAT(rejected_by(read_it).detail, HasSubstr("train/d.mp4.npz"));
}

}  // namespace
}  // namespace understudy
