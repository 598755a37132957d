#include "data_pipeline/set_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

ClipEntry clip(std::string name, std::uint32_t frames = 5) {
  return {std::move(name), 0, 0, frames, 64, 48};
}

/// Two people; the first with two videos, and both with a video of the same name.
SetIndex example() {
  SetIndex index;
  index.append("a", "v1", clip("a#v1#0"), {0, 0, 5, 11});
  index.append("a", "v1", clip("a#v1#1"), {0, 1, 4, 12});
  index.append("a", "v2", clip("a#v2#0"), {1, 0, 5, 13});
  index.append("b", "v2", clip("b#v2#0"), {1, 1, 5, 14});
  return index;
}

TEST(SetIndex, GroupsClipsIntoVideosAndVideosIntoIdentities) {
  const SetIndex index = example();
  ASSERT_EQ(index.identities.size(), 2U);
  ASSERT_EQ(index.videos.size(), 3U);
  EXPECT_EQ(index.identities[0].videos, 2U);
  EXPECT_EQ(index.identities[0].clips, 3U);
  EXPECT_EQ(index.identities[1].first_clip, 3U);
  EXPECT_EQ(index.videos[2].identity, 1U);
  EXPECT_EQ(index.clips[2].video, 1U);
}

TEST(SetIndex, ComesBackFromItsFile) {
  const TemporaryFolder folder;
  const SetIndex written = example();
  write_index(folder.path() / "index.h5", written);
  const SetIndex read = read_index(folder.path() / "index.h5", written.fingerprint());
  ASSERT_EQ(read.clips.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(read.clips[i].name, written.clips[i].name);
    EXPECT_EQ(read.clips[i].identity, written.clips[i].identity);
    EXPECT_EQ(read.clips[i].video, written.clips[i].video);
    EXPECT_EQ(read.clips[i].height, 48);
    EXPECT_EQ(read.places[i].clip_in_shard, written.places[i].clip_in_shard);
    EXPECT_EQ(read.places[i].usable, written.places[i].usable);
  }
  EXPECT_EQ(read.videos[1].clips, 1U);
  EXPECT_EQ(read.identities[1].first_video, 2U);
}

TEST(SetIndex, FingerprintIgnoresPlacesAndSeesEverythingElse) {
  const std::string plain = example().fingerprint();
  SetIndex moved = example();
  for (ClipPlace& place : moved.places) place.shard += 3;
  EXPECT_EQ(moved.fingerprint(), plain);
  for (const auto& change :
       std::vector<std::function<void(SetIndex&)>>{[](SetIndex& index) { index.clips[1].name += "x"; },
                                                   [](SetIndex& index) { index.clips[1].frames = 6; },
                                                   [](SetIndex& index) { index.clips[1].width = 65; },
                                                   [](SetIndex& index) { index.places[1].usable = 5; },
                                                   [](SetIndex& index) { index.places[1].content_crc = 0; },
                                                   [](SetIndex& index) { index.videos[0].name = "v"; },
                                                   [](SetIndex& index) { index.identities[0].name = "c"; }}) {
    SetIndex changed = example();
    change(changed);
    EXPECT_NE(changed.fingerprint(), plain);
  }
}

TEST(SetIndex, RefusesAManifestOfAnotherSet) {
  const TemporaryFolder folder;
  write_index(folder.path() / "index.h5", example());
  EXPECT_THAT(message_of([&] { read_index(folder.path() / "index.h5", "0123"); }),
              AllOf(HasSubstr("index.h5: fingerprint"), HasSubstr("manifest says 0123")));
}

TEST(SetIndex, RefusesPeopleAndClipsThatDoNotAgree) {
  const TemporaryFolder folder;
  SetIndex index = example();
  index.identities[1].first_clip = 2;
  write_index(folder.path() / "index.h5", index);
  EXPECT_THAT(message_of([&] { read_index(folder.path() / "index.h5", index.fingerprint()); }),
              HasSubstr("videos and clips of identity b do not agree"));
}

}  // namespace
}  // namespace understudy
