#include "data_pipeline/packer/pack_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<ListedClip> clips(int count) {
  std::vector<ListedClip> list;
  for (int i = 0; i < count; ++i) {
    const std::string name = "id" + std::to_string(i) + "#v#0";
    list.push_back({name, "id" + std::to_string(i), "v", "train", "train/" + name + ".mp4"});
  }
  return list;
}

std::vector<std::size_t> sizes(std::vector<std::uint64_t> predicted, std::uint64_t shard_bytes) {
  std::vector<std::size_t> found;
  for (const PlannedShard& shard :
       cut_into_shards("", clips(static_cast<int>(predicted.size())), predicted, shard_bytes)) {
    EXPECT_EQ(shard.number, found.size());
    found.push_back(shard.clips.size());
  }
  return found;
}

TEST(CutIntoShards, ClosesAShardBeforeItGetsTooLarge) {
  EXPECT_THAT(sizes({4, 4, 4, 4, 4}, 8), ElementsAre(2, 2, 1));
  EXPECT_THAT(sizes({20, 1, 20, 1}, 8), ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(sizes({0, 0, 9, 0, 0}, 8), ElementsAre(3, 2));  // of unknown size, most likely unreadable
  EXPECT_THAT(sizes({}, 8), ElementsAre());
}

class PackPlanTest : public ::testing::Test {
 protected:
  PackPlanTest() {
    const auto list = clips(3);
    plan_.shards = {{"train", 0, {list[0], list[1]}}, {"val", 0, {list[2]}}};
    plan_.rejections = {{"no name.mp4", RejectionReason::kName, "has no '#'"}};
  }
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "plan.tsv";
  PackPlan plan_;
};

TEST_F(PackPlanTest, ComesBackAsWritten) {
  write_file_atomically(path_, plan_text(plan_));
  const PackPlan read = read_plan(path_);
  EXPECT_EQ(plan_text(read), plan_text(plan_));
  EXPECT_THAT(read.sets(), ElementsAre("train", "val"));
  EXPECT_EQ(read.clips(), 3U);
  EXPECT_EQ(read.shards[1].clips[0].source, "train/id2#v#0.mp4");
  EXPECT_EQ(read.rejections.size(), 1U);
}

TEST_F(PackPlanTest, GivesThePartOfOneSet) {
  write_file_atomically(path_, plan_text(plan_, "val"));
  const PackPlan read = read_plan(path_);
  EXPECT_THAT(read.sets(), ElementsAre("val"));
  EXPECT_TRUE(read.rejections.empty());
}

TEST_F(PackPlanTest, RefusesWhatIsNoPlan) {
  for (const std::string text : {"",
                                 "clip\ta\n",
                                 "# understudy packing plan 1\nclip\ta\tb\tc\td\te\n",
                                 "# understudy packing plan 1\nshard\t\t1x\n"}) {
    write_file_atomically(path_, text);
    EXPECT_THAT(message_of([&] { read_plan(path_); }), HasSubstr("is none of a packing plan")) << text;
  }
}

}  // namespace
}  // namespace understudy
