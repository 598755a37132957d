#include "data_pipeline/packer/vox_metadata.h"

#include <gmock/gmock.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

VoxMetadata metadata_of(const TemporaryFolder& folder, std::string_view text) {
  write_file_atomically(folder.path() / "vox-metadata.csv", text);
  return VoxMetadata(folder.path() / "vox-metadata.csv");
}

TEST(VoxMetadata, FindsClipsByName) {
  const TemporaryFolder folder;
  const VoxMetadata metadata = metadata_of(folder,
                                           "video_id,start,end,bbox,fps,width,height,partition,person_id\r\n"
                                           "WMh3ye5tBsE,3657,3994,409-92-744-427,25.0,1280.0,720.0,train,id10005\r\n"
                                           "abc#id10006,0,64,1-2-3-4,29.97,,,test,\r\n"
                                           "abc#id10007,0,64,1-2-3-4,25,640,360,test,id10007\r\n");
  EXPECT_EQ(metadata.size(), 3U);
  const VoxRow* row = metadata.find("id10005#WMh3ye5tBsE#003657#003994");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->frames, 337U);
  EXPECT_EQ(row->rate, (FrameRate{25, 1}));
  EXPECT_THAT(row->source_box, testing::ElementsAre(409, 92, 744, 427));
  EXPECT_THAT(row->source_size, testing::ElementsAre(1280, 720));
  EXPECT_EQ(row->partition, "train");
  ASSERT_NE(metadata.find("id10006#abc#000000#000064"), nullptr);
  EXPECT_EQ(metadata.find("id10006#abc#000000#000064")->rate, (FrameRate{29970, 1000}));
  EXPECT_NE(metadata.find("id10007#abc#0#64"), nullptr);
  EXPECT_EQ(metadata.find("id10005#WMh3ye5tBsE#003657#003995"), nullptr);
  EXPECT_EQ(metadata.find("id10005#WMh3ye5tBsE"), nullptr);
}

TEST(VoxMetadata, ListsEveryBadRow) {
  const TemporaryFolder folder;
  std::string message = "accepted";
  try {
    metadata_of(
        folder,
        "video_id,start,end,bbox,fps\nv#p,7,3,1-2-3-4,25\nv#p,0,9,1-2-3,25\nv#p,x,9,,\nv#p,0,9,,0\nv#p,0,9,,\n");
  } catch (const DataError& error) {
    message = error.what();
  }
  for (const char* part : {"4 rows",
                           "line 2: end = 3 does not come after start = 7",
                           "line 3: bbox = \"1-2-3\"",
                           "line 4: start = \"x\"",
                           "line 5: fps = 0"}) {
    EXPECT_THAT(message, testing::HasSubstr(part));
  }
  EXPECT_THROW(metadata_of(folder, "video,start,end\n"), DataError);
  EXPECT_THROW(metadata_of(folder, ""), DataError);
  EXPECT_THROW(VoxMetadata(folder.path() / "none.csv"), DataError);
}

}  // namespace
}  // namespace understudy
