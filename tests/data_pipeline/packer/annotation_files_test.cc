#include "data_pipeline/packer/annotation_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_pipeline/png_codec.h"
#include "tests/data_pipeline/damage.h"
#include "tests/data_pipeline/numpy_files.h"
#include "tests/data_pipeline/packer/annotated_clip.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class AnnotationFilesTest : public AnnotatedClip {
 protected:
  AnnotationFilesTest() {
    std::vector<float> points(4 * 136);
    for (std::size_t i = 0; i < points.size(); ++i) points[i] = static_cast<float>(60 + i % 136);
    write("landmarks/c.npy", npy("<f4", "(4, 68, 2)", raw(points)));
    write("boxes/c.csv", "frame,left,top,right,bottom\n0,1,2,3,4\n");
    write("openface/c.csv", "frame\n");
  }
  AnnotationFolders folders() const {
    AnnotationFolders folders;
    folders.landmarks = folder_.path() / "landmarks";
    folders.boxes = folder_.path() / "boxes";
    return folders;
  }
};

TEST_F(AnnotationFilesTest, ReadsTheKindsWhoseFoldersAreGiven) {
  const ClipAnnotations annotations = AnnotationFiles(folders()).read(clip_, frames_);
  EXPECT_EQ(annotations.landmarks.size(), 3);
  EXPECT_THAT(annotations.masks, IsEmpty());
  ASSERT_EQ(annotations.rows.size(), 1);
  EXPECT_EQ(annotations.rows[0].kind, AnnotationKind::kBox);
  EXPECT_EQ(annotations.rows[0].valid.size(), 3);
}

TEST_F(AnnotationFilesTest, ReadsNothingWithoutFolders) {
  const ClipAnnotations annotations = AnnotationFiles(AnnotationFolders{}).read(clip_, frames_);
  EXPECT_THAT(annotations.landmarks, IsEmpty());
  EXPECT_THAT(annotations.rows, IsEmpty());
}

TEST_F(AnnotationFilesTest, RejectsClipsThatAGivenFolderDoesNotKnow) {
  AnnotationFolders all = folders();
  all.openface = folder_.path() / "openface";
  EXPECT_THAT(rejected_by([&] { AnnotationFiles(all).read(clip_, frames_); }).detail, HasSubstr("confidence"));
  all.openface.clear();
  all.masks = folder_.path() / "boxes";
  EXPECT_EQ(rejected_by([&] { AnnotationFiles(all).read(clip_, frames_); }).reason, RejectionReason::kAnnotation);
  all.masks.clear();
  all.flame = folder_.path() / "boxes";
  EXPECT_THAT(rejected_by([&] { AnnotationFiles(all).read(clip_, frames_); }).detail, HasSubstr("c.mp4.npz"));
}

TEST_F(AnnotationFilesTest, RefusesWhatIsNoFolderAndAnImpossibleSize) {
  AnnotationFolders wrong = folders();
  wrong.masks = folder_.path() / "none";
  wrong.flame = folder_.path() / "landmarks/c.npy";
  wrong.landmark_size = 0.0F;
  EXPECT_THAT(message_of([&] { AnnotationFiles{wrong}; }),
              AllOf(HasSubstr("masks \""), HasSubstr("flame \""), HasSubstr("landmark size is 0")));
}

}  // namespace
}  // namespace understudy
