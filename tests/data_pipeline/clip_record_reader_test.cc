#include "data_pipeline/clip_record_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_pipeline/frame_shard.h"
#include "tests/data_pipeline/damage.h"
#include "tests/data_pipeline/full_clip.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ClipRecordReaderTest : public ::testing::Test {
 protected:
  void write(const std::vector<ClipRecord>& clips, const SetOptions& options) {
    SetWriter writer(path_, options);
    for (const ClipRecord& clip : clips) writer.add(clip);
    writer.finish();
  }

  TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_.path() / "set";
};

void expect_same(const ClipAnnotations& found, const ClipAnnotations& wanted) {
  ASSERT_EQ(found.landmarks.size(), wanted.landmarks.size());
  for (std::size_t i = 0; i < wanted.landmarks.size(); ++i) EXPECT_EQ(found.landmarks[i].xy, wanted.landmarks[i].xy);
  EXPECT_EQ(found.masks, wanted.masks);
  EXPECT_EQ(found.truth.identity, wanted.truth.identity);
  EXPECT_EQ(found.truth.pose, wanted.truth.pose);
  EXPECT_EQ(found.truth.expression, wanted.truth.expression);
  ASSERT_EQ(found.rows.size(), wanted.rows.size());
  for (std::size_t i = 0; i < wanted.rows.size(); ++i) {
    EXPECT_EQ(found.rows[i].kind, wanted.rows[i].kind);
    EXPECT_EQ(found.rows[i].valid, wanted.rows[i].valid);
    EXPECT_EQ(found.rows[i].bytes, wanted.rows[i].bytes);
  }
}

void expect_same(const ClipRecord& found, const ClipRecord& wanted) {
  EXPECT_EQ(found.name, wanted.name);
  EXPECT_EQ(found.identity, wanted.identity);
  EXPECT_EQ(found.video, wanted.video);
  EXPECT_EQ(found.width, wanted.width);
  EXPECT_EQ(found.height, wanted.height);
  EXPECT_EQ(found.fps_num, wanted.fps_num);
  EXPECT_EQ(found.fps_den, wanted.fps_den);
  EXPECT_EQ(found.source_box, wanted.source_box);
  EXPECT_EQ(found.source_size, wanted.source_size);
  EXPECT_EQ(found.input_frames, wanted.input_frames);
  EXPECT_EQ(found.input_size, wanted.input_size);
  EXPECT_EQ(found.input_crop, wanted.input_crop);
  EXPECT_EQ(found.frames, wanted.frames);
  EXPECT_EQ(found.source_index, wanted.source_index);
  EXPECT_EQ(found.unusable, wanted.unusable);
  expect_same(found.annotations, wanted.annotations);
}

TEST_F(ClipRecordReaderTest, GivesBackEverythingThatWasWritten) {
  for (const std::uint64_t shard_bytes : {std::uint64_t{1}, std::uint64_t{1} << 30}) {
    const std::vector<ClipRecord> clips = full_clips();
    std::filesystem::remove_all(path_);
    write(clips, {.shard_bytes = shard_bytes});
    ClipRecordReader reader(path_);
    for (std::uint32_t clip = 0; clip < clips.size(); ++clip) expect_same(reader.read(clip), clips[clip]);
    expect_same(reader.read(1), clips[1]);  // also against the order
  }
}

TEST_F(ClipRecordReaderTest, LeavesOutWhatAShardDoesNotHave) {
  ClipRecord with = full_clips()[0];
  ClipRecord without = full_clips()[1];
  without.annotations = {};
  write({with, without}, {.shard_bytes = 1});
  ClipRecordReader reader(path_);
  expect_same(reader.read(0), with);
  expect_same(reader.read(1), without);
}

TEST_F(ClipRecordReaderTest, KnowsTheOptions) {
  const SetOptions options{.shard_bytes = 1,
                           .source = "voxceleb1",
                           .jpeg_quality = 91,
                           .jpeg_subsampling = "4:4:4",
                           .landmark_reference_size = 512,
                           .mask_codec = MaskCodec::kPng8,
                           .annotation_tool = "face-alignment 1.3"};
  write(full_clips(MaskCodec::kPng8), options);
  const SetOptions found = ClipRecordReader(path_).options();
  EXPECT_EQ(found.source, options.source);
  EXPECT_EQ(found.jpeg_quality, options.jpeg_quality);
  EXPECT_EQ(found.jpeg_subsampling, options.jpeg_subsampling);
  EXPECT_EQ(found.landmark_reference_size, options.landmark_reference_size);
  EXPECT_EQ(found.mask_codec, options.mask_codec);
  EXPECT_EQ(found.annotation_tool, options.annotation_tool);
}

TEST_F(ClipRecordReaderTest, NamesADamagedFrame) {
  write(full_clips(), {});
  const FrameShard shard(path_ / "frames-00000.h5", 0);
  flip_byte(path_ / "frames-00000.h5", shard.frame_offset(6) + 20);
  ClipRecordReader reader(path_);
  reader.read(0);
  EXPECT_THAT(message_of([&] { reader.read(1); }), AllOf(HasSubstr("frames-00000.h5"), HasSubstr("frame 2")));
}

}  // namespace
}  // namespace understudy
