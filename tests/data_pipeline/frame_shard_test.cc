#include "data_pipeline/frame_shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_pipeline/set_format.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FrameShardTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const ClipRecord& clip, std::uint32_t number = 0) {
    FrameShardWriter writer(folder_.path(), number, options_);
    writer.add(clip);
    return writer.close();
  }
  SetOptions options_;
  TemporaryFolder folder_;
  ClipRecord clip_ = tiny_clip({}, 2, 1);
};

TEST_F(FrameShardTest, KeepsEverythingThatIsKnownOfAClip) {
  clip_.fps_num = 30000;
  clip_.fps_den = 1001;
  clip_.source_box = {-3, 4, 500, 600};
  clip_.source_size = {1280, 720};
  clip_.source_index = {0, 25, 50, 75};
  clip_.input_frames = {100, 25};
  clip_.input_size = {224, 226};
  clip_.input_crop = {0, 1, 224, 225};
  clip_.unusable = {0, 1, 0, 0};
  const FrameShard shard(write(clip_, 3), 3);
  const FrameTables& tables = shard.tables();
  EXPECT_THAT(tables.clip_name, ElementsAre(clip_.name));
  EXPECT_THAT(tables.clip_identity, ElementsAre("id02"));
  EXPECT_THAT(tables.clip_video, ElementsAre("video01"));
  EXPECT_THAT(tables.clip_size, ElementsAre(32, 32));
  EXPECT_THAT(tables.fps, ElementsAre(30000, 1001));
  EXPECT_THAT(tables.source_box, ElementsAre(-3, 4, 500, 600));
  EXPECT_THAT(tables.source_size, ElementsAre(1280, 720));
  EXPECT_THAT(tables.source_index, ElementsAre(0, 25, 50, 75));
  EXPECT_THAT(tables.input_frames, ElementsAre(100, 25));
  EXPECT_THAT(tables.input_size, ElementsAre(224, 226));
  EXPECT_THAT(tables.input_crop, ElementsAre(0, 1, 224, 225));
  EXPECT_THAT(tables.flags, ElementsAre(1, 0, 1, 1));
  EXPECT_EQ(tables.usable_frames(0), 3U);
  std::vector<std::byte> bytes(shard.frame_bytes(2));
  shard.file().read_at(shard.frame_offset(2), bytes);
  EXPECT_EQ(bytes, clip_.frames[2]);
}

TEST_F(FrameShardTest, ContentCrcChangesWithPicturesNumbersAndFlags) {
  const auto crc = [this](const ClipRecord& clip) { return FrameShard(write(clip), 0).tables().content_crc(0); };
  const std::uint32_t plain = crc(clip_);
  EXPECT_EQ(crc(clip_), plain);
  ClipRecord other = clip_;
  other.source_index = {0, 1, 2, 4};
  EXPECT_NE(crc(other), plain);
  other = clip_;
  other.unusable = {0, 0, 0, 1};
  EXPECT_NE(crc(other), plain);
  other = clip_;
  std::swap(other.frames[0], other.frames[1]);
  EXPECT_NE(crc(other), plain);
}

TEST_F(FrameShardTest, LeavesNoScratchFileBehind) {
  { FrameShardWriter abandoned(folder_.path(), 5, options_); }
  write(clip_);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    names.push_back(entry.path().filename().string());
  EXPECT_THAT(names, ElementsAre("frames-00000.h5"));
}

TEST_F(FrameShardTest, TellsWhyItCannotWrite) {
  EXPECT_THROW(FrameShardWriter(folder_.path() / "none", 0, options_), FileError);
}

TEST_F(FrameShardTest, RefusesToStandInForAnother) {
  const std::filesystem::path path = write(clip_, 1);
  EXPECT_THAT(message_of([&] { FrameShard(path, 0); }), HasSubstr("says it is shard 1, not 0"));
}

}  // namespace
}  // namespace understudy
