#include "data_pipeline/packer/folder_layouts.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "common/atomic_file.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FolderLayouts : public testing::Test {
 protected:
  void touch(const std::string& name) const {
    const std::filesystem::path path = root() / name;
    std::filesystem::create_directories(path.parent_path());
    write_file_atomically(path, "");
  }
  const std::filesystem::path& root() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

std::vector<std::string> clips_of(const Listing& listing) {
  std::vector<std::string> lines;
  for (const ListedClip& clip : listing.clips) {
    lines.push_back(fmt::format("{} {} {} [{}] {}", clip.name, clip.identity, clip.video, clip.split, clip.source));
  }
  return lines;
}

std::vector<std::string> rejections_of(const Listing& listing) {
  std::vector<std::string> lines;
  for (const Rejection& rejection : listing.rejections) {
    lines.push_back(fmt::format("{} {}", rejection.source, rejection_name(rejection.reason)));
  }
  return lines;
}

TEST_F(FolderLayouts, FindsNamedClipsOfEverySplitInOrder) {
  touch("train/id2#v#000001#000100.mp4");
  touch("train/id10#v#000001#000100.MOV");
  touch("test/id1#b.c#000001#000100.mp4");
  touch("id3#v#7.webm");
  touch("train/id1#a#000001#000100.mp4/0000000.png");
  touch("val/id1#a#000101#000200/0000000.jpg");
  const Listing listing = list_named_clips(root());
  EXPECT_THAT(clips_of(listing),
              ElementsAre("id1#a#000001#000100 id1 a [train] train/id1#a#000001#000100.mp4",
                          "id1#a#000101#000200 id1 a [val] val/id1#a#000101#000200",
                          "id1#b.c#000001#000100 id1 b.c [test] test/id1#b.c#000001#000100.mp4",
                          "id10#v#000001#000100 id10 v [train] train/id10#v#000001#000100.MOV",
                          "id2#v#000001#000100 id2 v [train] train/id2#v#000001#000100.mp4",
                          "id3#v#7 id3 v [] id3#v#7.webm"));
  EXPECT_THAT(listing.rejections, IsEmpty());
}

TEST_F(FolderLayouts, LeavesNothingOutInSilence) {
  touch("train/id1#a#1#2.mp4");
  touch("train/id1#a#1#2.npy");
  touch("train/.DS_Store");
  touch("vox-metadata.csv");
  touch("train/holiday.mp4");
  touch("train/id1#a#1#2.rar");
  touch("train/README");
  touch("train/frames/0.png");
  std::filesystem::create_symlink("nowhere", root() / "train/broken");
  const Listing listing = list_named_clips(root());
  EXPECT_EQ(listing.clips.size(), 1U);
  EXPECT_THAT(rejections_of(listing),
              ElementsAre("train/README unreadable",
                          "train/broken unreadable",
                          "train/frames name",
                          "train/holiday.mp4 name",
                          "train/id1#a#1#2.rar unreadable"));
}

TEST_F(FolderLayouts, KeepsOneOfEqualNamesAndRatherTheHeldOutOne) {
  touch("train/id1#a#1#2.mp4");
  touch("val/id1#a#1#2.mp4");
  touch("train/id1#b#1#2.mp4");
  touch("train/id1#b#1#2.avi");
  const Listing listing = list_named_clips(root());
  EXPECT_THAT(clips_of(listing),
              ElementsAre("id1#a#1#2 id1 a [val] val/id1#a#1#2.mp4", "id1#b#1#2 id1 b [train] train/id1#b#1#2.avi"));
  EXPECT_THAT(rejections_of(listing), ElementsAre("train/id1#a#1#2.mp4 duplicate", "train/id1#b#1#2.mp4 duplicate"));
  EXPECT_EQ(listing.rejections[0].detail, "\"val/id1#a#1#2.mp4\" is \"id1#a#1#2\" already");
}

TEST_F(FolderLayouts, FindsClipsOfVoxceleb2) {
  touch("dev/mp4/id00012/21Uxsk56VDQ/00001.mp4");
  touch("dev/mp4/id00012/21Uxsk56VDQ/00002.mp4");
  touch("dev/aac/id00012/21Uxsk56VDQ/00001.m4a");
  touch("test/mp4/id00017/_mjZ4yZ4k5E/00003.mp4");
  touch("test/mp4/id00017/_mjZ4yZ4k5E/notes.pdf");
  touch("test/mp4/id00017/stray.mp4");
  touch("test/mp4/id#17/video/00001.mp4");
  std::filesystem::create_directories(root() / "dev/mp4/id00099");
  const Listing listing = list_voxceleb2_clips(root());
  EXPECT_THAT(
      clips_of(listing),
      ElementsAre("id00012#21Uxsk56VDQ#00001 id00012 21Uxsk56VDQ [dev] dev/mp4/id00012/21Uxsk56VDQ/00001.mp4",
                  "id00012#21Uxsk56VDQ#00002 id00012 21Uxsk56VDQ [dev] dev/mp4/id00012/21Uxsk56VDQ/00002.mp4",
                  "id00017#_mjZ4yZ4k5E#00003 id00017 _mjZ4yZ4k5E [test] test/mp4/id00017/_mjZ4yZ4k5E/00003.mp4"));
  EXPECT_THAT(rejections_of(listing),
              ElementsAre("dev/mp4/id00099 empty",
                          "test/mp4/id#17/video/00001.mp4 name",
                          "test/mp4/id00017/_mjZ4yZ4k5E/notes.pdf unreadable",
                          "test/mp4/id00017/stray.mp4 name"));
}

TEST_F(FolderLayouts, FindsFoldersOfFrames) {
  touch("cropped_fix/id00012/21Uxsk56VDQ/00000.jpg");
  touch("cropped_fix/id00012/2DLq_Kkc1r8/00000.jpg");
  touch("segmentation_Graphonomy/id00012/21Uxsk56VDQ/00000.png");
  const Listing listing = list_frame_folders(root());
  EXPECT_THAT(clips_of(listing),
              ElementsAre("id00012#21Uxsk56VDQ#000 id00012 21Uxsk56VDQ [] cropped_fix/id00012/21Uxsk56VDQ",
                          "id00012#2DLq_Kkc1r8#000 id00012 2DLq_Kkc1r8 [] cropped_fix/id00012/2DLq_Kkc1r8"));
  EXPECT_THAT(listing.rejections, IsEmpty());
}

}  // namespace
}  // namespace understudy
