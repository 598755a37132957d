#include "data_pipeline/annotate/stored_clip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_pipeline/data_set.h"
#include "data_pipeline/frame_shard.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Two clips: of unknown input, and of every third of eight frames of 120 x 80, of which the middle square was taken.
FrameTables tables() {
  FrameTables tables;
  tables.clip_name = {"a#v#0", "b#w#1"};
  tables.clip_identity = {"a", "b"};
  tables.clip_video = {"v", "w"};
  tables.first_frame = {0, 2, 5};
  tables.clip_size = {32, 48, 40, 40};
  tables.input_frames = {0, 0, 8, 3};
  tables.input_size = {0, 0, 120, 80};
  tables.input_crop = {0, 0, 0, 0, 20, 0, 100, 80};
  tables.source_index = {0, 1, 10, 40, 70};
  return tables;
}

TEST(StoredClip, TellsHowFramesCameFromThePackersInput) {
  const StoredClip clip = stored_clip(tables(), 1, 6);
  EXPECT_EQ(clip.row, 7);
  EXPECT_EQ(clip.listed.name, "b#w#1");
  EXPECT_EQ(clip.listed.identity, "b");
  EXPECT_EQ(clip.listed.video, "w");
  EXPECT_EQ(clip.frames.source_frames, 8);
  EXPECT_THAT(clip.frames.position, ElementsAre(0, 3, 6));
  EXPECT_THAT(clip.frames.source_index, ElementsAre(10, 40, 70));
  EXPECT_EQ(clip.frames.width, 40);
  EXPECT_EQ(clip.frames.decoded_width, 120);
  EXPECT_EQ(clip.frames.decoded_height, 80);
  EXPECT_THAT(clip.frames.crop, ElementsAre(20, 0, 100, 80));
}

TEST(StoredClip, TakesStoredFramesForTheInputWhereThatIsNotKnown) {
  const ClipFrames frames = stored_frames(tables(), 0, "clip");
  EXPECT_EQ(frames.source_frames, 2);
  EXPECT_THAT(frames.position, ElementsAre(0, 1));
  EXPECT_EQ(frames.decoded_width, 32);
  EXPECT_EQ(frames.decoded_height, 48);
  EXPECT_THAT(frames.crop, ElementsAre(0, 0, 32, 48));
}

TEST(StoredClip, RefusesTablesThatContradictEachOther) {
  FrameTables wrong = tables();
  wrong.input_frames[2] = 6;  // the last stored frame is number 6, counted from 0
  EXPECT_THAT(message_of([&] { stored_frames(wrong, 1, "clip b"); }), HasSubstr("clip b: 3 frames, every 3th of 6"));
  wrong = tables();
  wrong.input_crop[6] = 121;
  EXPECT_THAT(message_of([&] { stored_frames(wrong, 1, "clip b"); }), HasSubstr("cropped to 20, 0, 121, 80"));
}

TEST(StoredClip, IsFoundInItsSetAtItsRowAlone) {
  const TemporaryFolder folder;
  write_tiny_set(folder.path() / "set");
  const DataSet set = DataSet::open(folder.path() / "set");
  StoredClip clip;
  clip.row = 3;
  clip.listed.name = set.clips()[3].name;
  EXPECT_EQ(row_in(set, clip), 3);
  clip.row = 2;
  EXPECT_THAT(message_of([&] { row_in(set, clip); }), HasSubstr("is not at row 2"));
  clip.row = 100;
  EXPECT_THAT(message_of([&] { row_in(set, clip); }), HasSubstr("is not at row 100"));
}

}  // namespace
}  // namespace understudy
