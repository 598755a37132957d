#include "data_pipeline/packer/annotation_paths.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data_pipeline/packer/annotated_clip.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::ElementsAre;

TEST(AnnotationPlaces, MirrorTheSourceAndDropLeadingFolders) {
  EXPECT_THAT(
      annotation_places("lm", "a/b/c.mp4", ".npy"),
      ElementsAre("lm/a/b/c.mp4.npy", "lm/a/b/c.npy", "lm/b/c.mp4.npy", "lm/b/c.npy", "lm/c.mp4.npy", "lm/c.npy"));
  EXPECT_THAT(annotation_places("lm", "c.mp4", ".npy"), ElementsAre("lm/c.mp4.npy", "lm/c.npy"));
}

TEST(AnnotationPlaces, CutNamesAsTheExtractorAndTheLoaderOfFsrtDo) {
  EXPECT_THAT(annotation_places("lm", "id1#v.1#2.mp4", ".npy"),
              ElementsAre("lm/id1#v.1#2.mp4.npy", "lm/id1#v.1#2.npy", "lm/id1#v.npy"));
}

TEST(AnnotationPlaces, KeepNamesWithoutExtensionWhole) {
  EXPECT_THAT(annotation_places("m", "img/id1/VIDEO", ""), ElementsAre("m/img/id1/VIDEO", "m/id1/VIDEO", "m/VIDEO"));
  EXPECT_THAT(annotation_places("m", ".hidden", ".npy"), ElementsAre("m/.hidden.npy"));
}

class FindAnnotation : public testing::Test {
 protected:
  void make(const std::string& name) const {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name) << "x";
  }
  TemporaryFolder folder_;
};

TEST_F(FindAnnotation, PrefersThePlaceOfTheSource) {
  make("c.npy");
  EXPECT_EQ(find_annotation_file(folder_.path(), "a/b/c.mp4", ".npy"), folder_.path() / "c.npy");
  make("a/b/c.npy");
  EXPECT_EQ(find_annotation_file(folder_.path(), "a/b/c.mp4", ".npy"), folder_.path() / "a/b/c.npy");
  EXPECT_EQ(find_annotation_file(folder_.path(), "a/b/d.mp4", ".npy"), std::nullopt);
  EXPECT_EQ(find_annotation_file(folder_.path(), "a/b/c.mp4", ".csv"), std::nullopt);
}

TEST_F(FindAnnotation, SaysWhereARequiredFileWasLookedFor) {
  const Rejected result = rejected_by([] { require_annotation_file("lm", "a/c.mp4", ".csv"); });
  EXPECT_EQ(result.reason, RejectionReason::kAnnotation);
  EXPECT_EQ(result.detail, "no lm/a/c.mp4.csv, nor in any other of 4 places");
}

TEST_F(FindAnnotation, TellsFoldersFromFiles) {
  make("id1/VIDEO/0.png");
  EXPECT_EQ(find_annotation_folder(folder_.path(), "img/id1/VIDEO"), folder_.path() / "id1/VIDEO");
  EXPECT_EQ(find_annotation_folder(folder_.path(), "img/id1/VIDEO/0.png"), std::nullopt);
  EXPECT_EQ(find_annotation_file(folder_.path(), "img/id1/VIDEO", ""), std::nullopt);
}

}  // namespace
}  // namespace understudy
