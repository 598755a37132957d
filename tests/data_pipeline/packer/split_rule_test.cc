#include "data_pipeline/packer/split_rule.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "data_pipeline/packer/clip_name.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

ListedClip clip(const std::string& stem, const std::string& split = "") {
  const ClipName name = parse_clip_name(stem);
  return {name.name, name.identity, name.video, split, stem + ".mp4"};
}

class SplitLists : public testing::Test {
 protected:
  std::filesystem::path list(const std::string& name, std::string_view text) const {
    write_file_atomically(folder_.path() / name, text);
    return folder_.path() / name;
  }

 private:
  TemporaryFolder folder_;
};

TEST(SplitRule, FollowsOfficialFolders) {
  const SplitRule rule = split_by_folder();
  EXPECT_EQ(rule(clip("a#v#1", "test")), "test");
  EXPECT_EQ(rule(clip("a#v#1", "val")), "val");
  EXPECT_EQ(rule(clip("a#v#1", "dev")), "train");
  EXPECT_EQ(rule(clip("a#v#1")), "train");
}

TEST(SplitRule, HoldsOutWholeIdentities) {
  const SplitRule rule = split_by_identity(3, 0.2);
  int held_out = 0;
  int moved = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto split = rule(clip(fmt::format("id{:05}#v#1", i)));
    EXPECT_EQ(rule(clip(fmt::format("id{:05}#w#7", i), "test")), split);
    held_out += split == "val" ? 1 : 0;
    moved += split_by_identity(4, 0.2)(clip(fmt::format("id{:05}#v#1", i))) != split ? 1 : 0;
  }
  EXPECT_NEAR(held_out, 400, 72);  // 4 standard deviations
  EXPECT_NEAR(moved, 640, 84);
  EXPECT_THROW(split_by_identity(3, 0), DataError);
  EXPECT_THROW(split_by_identity(3, 1), DataError);
}

/// Sets that were packed must come out the same from every later version.
TEST(SplitRule, KeepsItsDraws) {
  std::string splits;
  const SplitRule rule = split_by_identity(1, 0.5);
  for (int i = 0; i < 24; ++i) splits += rule(clip(fmt::format("id{:05}#v#1", i))) == "val" ? 'v' : 't';
  EXPECT_EQ(splits, "tvtvvttvvtvvttvttttvvtvt");
}

TEST_F(SplitLists, TakesTheMostExactEntry) {
  const SplitRule rule =
      split_by_lists({list("splits.tsv", "name\tsplit\nid1\ttrain\nid1/b\tval\nid1#b#2.mp4\ttest\nlone\tother\n")});
  EXPECT_EQ(rule(clip("id1#a#1")), "train");
  EXPECT_EQ(rule(clip("id1#b#1")), "val");
  EXPECT_EQ(rule(clip("id1#b#2")), "test");
  EXPECT_EQ(rule(clip("id7#lone#2")), "other");
  EXPECT_EQ(rule(clip("id7#a#2")), std::nullopt);
}

TEST_F(SplitLists, TakesTheListsOfLatentPoseDescriptors) {
  const auto train = list("train.csv", "Unnamed: 0,path\n7,id00012/21Uxsk56VDQ\n8,id00012/2DLq_Kkc1r8\n");
  const auto val = list("val.csv", "Unnamed: 0,path\n98000,id00012/2DLq_Kkc1r8\n");
  const SplitRule rule = split_by_lists({train, val});
  EXPECT_EQ(rule(clip("id00012#21Uxsk56VDQ#000")), "train");
  EXPECT_EQ(rule(clip("id00012#2DLq_Kkc1r8#000")), "val");
  EXPECT_EQ(split_by_lists({val, train})(clip("id00012#2DLq_Kkc1r8#000")), "train");
  EXPECT_EQ(rule(clip("id00013#2DLq_Kkc1r9#000")), std::nullopt);
}

TEST_F(SplitLists, TakesPartitionsAndPlainLists) {
  const auto metadata =
      list("vox-metadata.csv", "video_id,start,end,partition,person_id\nv,10,20,train,id1\nw,10,20,test,id1\n");
  EXPECT_EQ(split_by_lists({metadata})(clip("id1#v#000010#000020")), "train");
  EXPECT_EQ(split_by_lists({metadata})(clip("id1#w#000010#000020")), "test");
  const auto held_out = list("val.txt", "id1\nid2#w\nid1#v#000010#000020\n");
  EXPECT_EQ(split_by_lists({metadata, held_out})(clip("id1#v#000010#000020")), "val");
  EXPECT_EQ(split_by_lists({held_out, metadata})(clip("id1#v#000010#000020")), "train");
  EXPECT_EQ(split_by_lists({metadata, held_out})(clip("id1#w#000010#000020")), "test");
  EXPECT_EQ(split_by_lists({held_out})(clip("id2#w#1")), "val");
}

TEST_F(SplitLists, NamesLinesThatMakeNoSense) {
  std::string message = "accepted";
  try {
    split_by_lists({list("splits.csv", "id1,train\nid2,my split\nid3,val,7\n")});
  } catch (const DataError& error) {
    message = error.what();
  }
  EXPECT_THAT(message, testing::HasSubstr("line 2: split \"my split\""));
  EXPECT_THAT(message, testing::HasSubstr("line 3: 3 columns"));
  EXPECT_THROW(split_by_lists({list("empty.csv", "\n")}), DataError);
}

TEST(SplitClips, CountsWhatIsLeftOut) {
  const SplitRule rule = [](const ListedClip& listed) -> std::optional<std::string> {
    if (listed.video == "x") return std::nullopt;
    return listed.identity;
  };
  const SplitClips split = split_clips({clip("a#v#1"), clip("a#x#1"), clip("b#v#1"), clip("b#v#2")}, rule);
  EXPECT_EQ(split.left_out, 1U);
  EXPECT_EQ(split.splits.at("a").size(), 1U);
  EXPECT_EQ(split.splits.at("b")[1].name, "b#v#2");
}

}  // namespace
}  // namespace understudy
