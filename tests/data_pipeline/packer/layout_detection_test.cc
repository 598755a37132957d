#include "data_pipeline/packer/layout_detection.h"

#include <gmock/gmock.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

InputLayout layout_with(const std::vector<std::string>& files, const std::string& below = "") {
  const TemporaryFolder folder;
  for (const std::string& file : files) {
    std::filesystem::create_directories((folder.path() / file).parent_path());
    write_file_atomically(folder.path() / file, "");
  }
  return detect_layout(folder.path() / below);
}

TEST(LayoutDetection, TellsLayoutsApart) {
  EXPECT_EQ(layout_with({"vox-metadata.csv", "landmarks/a.npy", "train/id#v#0#9.mp4"}), InputLayout::kNamedClips);
  EXPECT_EQ(layout_with({"id#v#0#9.mp4/0000000.png"}), InputLayout::kNamedClips);
  EXPECT_EQ(layout_with({"dev/mp4/id00012/21Uxsk56VDQ/00001.mp4"}), InputLayout::kVoxceleb2);
  EXPECT_EQ(layout_with({"id00012/21Uxsk56VDQ/00001.mp4"}), InputLayout::kVoxceleb2);
  EXPECT_EQ(layout_with({"img/id00012/21Uxsk56VDQ/0.jpg"}), InputLayout::kFrameFolders);
  EXPECT_EQ(layout_with({"id00012/21Uxsk56VDQ/0.png"}), InputLayout::kFrameFolders);
  EXPECT_EQ(layout_with({"a.h5", "mapping.toml"}), InputLayout::kHdf5);
  EXPECT_EQ(layout_with({"faces.hdf5"}, "faces.hdf5"), InputLayout::kHdf5);
}

TEST(LayoutDetection, SaysWhatItLookedFor) {
  const auto message_for = [](const std::vector<std::string>& files, const std::string& below = "") -> std::string {
    try {
      layout_with(files, below);
    } catch (const DataError& error) {
      return error.what();
    }
    return "accepted";
  };
  for (const char* part :
       {"identity#video#start#end.mp4", "identity/video/clip.mp4", "identity/video/frame.jpg", "HDF5"}) {
    EXPECT_THAT(message_for({"clip.mp4", "notes.txt"}), testing::HasSubstr(part));
  }
  EXPECT_THAT(message_for({"notes.txt"}, "notes.txt"), testing::HasSubstr("none of the layouts"));
  EXPECT_THAT(message_for({}, "nowhere"), testing::HasSubstr("no such file"));
  EXPECT_THAT(message_for({"set.toml", "index.h5"}), testing::HasSubstr("packed set already"));
}

}  // namespace
}  // namespace understudy
