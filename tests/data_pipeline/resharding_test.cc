#include "data_pipeline/resharding.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "data_pipeline/clip_record_reader.h"
#include "data_pipeline/frame_shard.h"
#include "data_pipeline/set_verifier.h"
#include "tests/data_pipeline/damage.h"
#include "tests/data_pipeline/full_clip.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files[entry.path().filename().string()] = read_file(entry.path());
  }
  return files;
}

class ReshardingTest : public ::testing::Test {
 protected:
  void write(const char* name, const SetOptions& options) {
    SetWriter writer(folder_.path() / name, options);
    for (const ClipRecord& clip : full_clips()) writer.add(clip);
    writer.finish();
  }
  std::filesystem::path path(const char* name) const { return folder_.path() / name; }

  TemporaryFolder folder_;
  const SetOptions options_{.source = "tiny",
                            .jpeg_quality = 95,
                            .jpeg_subsampling = "4:2:0",
                            .annotation_tool = "a tool",
                            .packer_config = "settings"};
};

TEST_F(ReshardingTest, WritesTheFilesThatThePackerWouldHaveWritten) {
  write("set", options_);
  reshard_set(path("set"), path("cut"), 1);
  SetOptions cut = ClipRecordReader(path("set")).options();
  cut.shard_bytes = 1;
  write("expected", cut);
  const auto expected = files_of(path("expected"));
  EXPECT_GT(expected.size(), 3U * 7);
  EXPECT_EQ(files_of(path("cut")), expected);
}

TEST_F(ReshardingTest, KeepsEveryFingerprint) {
  write("set", options_);
  reshard_set(path("set"), path("cut"), 1);
  reshard_set(path("cut"), path("whole"), std::uint64_t{1} << 30);
  EXPECT_THAT(verify_set(path("cut"), 1, true), IsEmpty());
  EXPECT_THAT(verify_set(path("whole"), 1, true), IsEmpty());
  for (const SetRequirements& requirements : {SetRequirements{}, {.landmarks = true, .masks = true}}) {
    const std::string wanted = DataSet::open(path("set"), requirements).fingerprint();
    EXPECT_EQ(DataSet::open(path("cut"), requirements).fingerprint(), wanted);
    EXPECT_EQ(DataSet::open(path("whole"), requirements).fingerprint(), wanted);
  }
}

TEST_F(ReshardingTest, KeepsTheFingerprintOfRunsThatNeedWhatSomeShardsLack) {
  std::vector<ClipRecord> clips = full_clips();
  clips[1].annotations.landmarks.clear();
  clips[2].annotations.masks.clear();
  SetOptions cut = options_;
  cut.shard_bytes = 1;
  {
    SetWriter writer(path("cut"), cut);
    for (const ClipRecord& clip : clips) writer.add(clip);
    writer.finish();
  }
  EXPECT_FALSE(DataSet::open(path("cut")).has_landmarks_of(1));
  EXPECT_FALSE(DataSet::open(path("cut")).has_masks_of(2));
  reshard_set(path("cut"), path("whole"), std::uint64_t{1} << 30);
  for (const SetRequirements& requirements : {SetRequirements{.landmarks = true}, {.masks = true}}) {
    EXPECT_EQ(DataSet::open(path("whole"), requirements).fingerprint(),
              DataSet::open(path("cut"), requirements).fingerprint());
  }
}

TEST_F(ReshardingTest, TellsItsProgress) {
  write("set", options_);
  std::vector<std::size_t> told;
  reshard_set(path("set"), path("cut"), 1, [&](std::size_t written, std::size_t all) {
    EXPECT_EQ(all, 3U);
    told.push_back(written);
  });
  EXPECT_THAT(told, ::testing::ElementsAre(1, 2, 3));
}

TEST_F(ReshardingTest, LeavesNoSetBehindWhenTheSourceIsDamaged) {
  write("set", options_);
  const FrameShard shard(path("set") / "frames-00000.h5", 0);
  flip_byte(path("set") / "frames-00000.h5", shard.frame_offset(6) + 20);
  EXPECT_THAT(message_of([&] { reshard_set(path("set"), path("cut"), 1); }), HasSubstr("frame 2"));
  EXPECT_FALSE(std::filesystem::exists(path("cut") / "set.toml"));
}

TEST_F(ReshardingTest, RefusesAFolderThatHoldsASet) {
  write("set", options_);
  EXPECT_THAT(message_of([&] { reshard_set(path("set"), path("set"), 1); }), HasSubstr("already holds a data set"));
  EXPECT_THAT(verify_set(path("set")), IsEmpty());
}

}  // namespace
}  // namespace understudy
