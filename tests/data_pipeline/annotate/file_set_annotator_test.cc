#include "data_pipeline/annotate/file_set_annotator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_pipeline/png_codec.h"
#include "data_pipeline/set_manifest.h"
#include "tests/data_pipeline/damage.h"
#include "tests/data_pipeline/numpy_files.h"
#include "tests/data_pipeline/packer/annotated_clip.h"

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// A clip of a set without a plan, whose frames 0, 1 and 3 of four are stored.
class FileSetAnnotatorTest : public AnnotatedClip {
 protected:
  FileSetAnnotatorTest() {
    stored_.listed = {"id1#vid#007", "id1", "vid", {}, {}};
    stored_.frames = frames_;
    stored_.frames.source_index = stored_.frames.position;
  }
  ClipAnnotations annotate(AnnotationKind kind) const {
    return FileSetAnnotator({.kind = kind, .folder = folder_.path()}, {}).annotate(stored_);
  }
  /// Landmarks of one frame whose first value is given.
  static std::string points(float first) {
    std::vector<float> values(136);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(60 + i % 136);
    values[0] = first;
    return npy("<f4", "(68, 2)", raw(values));
  }
  static std::string mask(std::uint8_t value) {
    const std::vector<std::byte> bytes =
        encode_png_pixels({512, 512, 1, std::vector<std::uint8_t>(std::size_t{512} * 512, value)});
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::vector<float> first_values() const {
    std::vector<float> found;
    for (const Landmarks68& row : annotate(AnnotationKind::kLandmark68).landmarks) found.push_back(row.xy[0]);
    return found;
  }

  StoredClip stored_;
};

TEST_F(FileSetAnnotatorTest, FindsFilesByTheNameOfTheClip) {
  write("id1#vid#007.csv", "frame,left,top,right,bottom\n0,1,2,3,4\n3,5,6,7,8\n");
  const ClipAnnotations flat = annotate(AnnotationKind::kBox);
  ASSERT_EQ(flat.rows.size(), 1);
  EXPECT_THAT(flat.rows[0].valid, testing::ElementsAre(1, 0, 1));
  std::filesystem::remove(folder_.path() / "id1#vid#007.csv");
  write("id1/vid/007.csv", "frame,left,top,right,bottom\n1,1,2,3,4\n");
  EXPECT_THAT(annotate(AnnotationKind::kBox).rows[0].valid, testing::ElementsAre(0, 1, 0));
  std::filesystem::remove(folder_.path() / "id1/vid/007.csv");
  EXPECT_THAT(rejected_by([&] { annotate(AnnotationKind::kBox); }).detail, HasSubstr("no id1#vid#007.csv"));
}

TEST_F(FileSetAnnotatorTest, TellsFilesOfNumberedFramesByTheirNumber) {
  stored_.frames.source_index = {25, 50, 100};
  write("id1/vid/007/0025.npy", points(25));
  write("id1/vid/007/0075.npy", points(75));  // of a frame that is not stored
  write("id1/vid/007/100.npy", points(100));
  EXPECT_THAT(first_values(), testing::ElementsAre(25, 0, 100));
  write("id1/vid/007/0025.png", mask(255));
  write("id1/vid/007/50.png", mask(0));
  const auto masks = annotate(AnnotationKind::kMask).masks;
  EXPECT_FALSE(masks[0].empty());
  EXPECT_FALSE(masks[1].empty());
  EXPECT_TRUE(masks[2].empty());
}

TEST_F(FileSetAnnotatorTest, CountsFilesOfOtherFramesInNaturalOrder) {
  for (const int number : {7, 8, 9, 10}) {
    write(fmt::format("id1/vid/007/f{}.npy", number), points(static_cast<float>(number)));
    write(fmt::format("id1/vid/007/f{}.png", number), mask(static_cast<std::uint8_t>(number)));
  }
  EXPECT_THAT(first_values(), testing::ElementsAre(7, 8, 10));
  const auto masks = annotate(AnnotationKind::kMask).masks;
  ASSERT_EQ(masks.size(), 3);
  EXPECT_EQ(decode_mask(masks[2], MaskCodec::kPng8, 512, 512, "mask").coverage[0], 10);
  std::filesystem::remove(folder_.path() / "id1/vid/007/f9.npy");
  std::filesystem::remove(folder_.path() / "id1/vid/007/f9.png");
  EXPECT_EQ(rejected_by([&] { annotate(AnnotationKind::kLandmark68); }).reason, RejectionReason::kLandmarksMissing);
  EXPECT_THAT(rejected_by([&] { annotate(AnnotationKind::kMask); }).detail, HasSubstr("3 masks for 4 frames"));
}

TEST_F(FileSetAnnotatorTest, RefusesKindsThatHaveNoFiles) {
  EXPECT_THAT(message_of([&] { annotate(AnnotationKind::kKeypoint10); }), HasSubstr("keypoint10 are not read"));
  EXPECT_THAT(message_of([&] { annotate(AnnotationKind::kSynthetic); }), HasSubstr("synthetic are not read"));
  EXPECT_THAT(message_of([&] { FileSetAnnotator({.kind = AnnotationKind::kBox, .folder = "/nowhere"}, {}); }),
              HasSubstr("\"/nowhere\" is no folder"));
}

}  // namespace
}  // namespace understudy
