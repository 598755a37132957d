#include "trainer/evaluation/evaluation_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

/// Four people, id00 ... id03, of two clips with ten frames each.
class EvaluationPlanTest : public testing::Test {
 protected:
  EvaluationPlanTest() { write_tiny_set(place_.path() / "set", {.identities = 4, .frames = 10}); }
  DataSet set() const { return DataSet::open(place_.path() / "set"); }
  TemporaryFolder place_;
};

TEST_F(EvaluationPlanTest, TakesSourcesFirstAndSpreadsDrivingFramesOverTheRest) {
  const EvaluationPlan plan = plan_evaluation(set(), 2, {.clips = 20, .frames = 4});
  ASSERT_EQ(plan.clips.size(), 8U);
  EXPECT_THAT(plan.clips[3].sources, ElementsAre(0, 1));
  EXPECT_THAT(plan.clips[3].driving, ElementsAre(2, 4, 6, 8));
  EXPECT_EQ(plan.clips[3].identity, 1U);
  EXPECT_THAT(plan.persons, ElementsAre(0, 1, 2, 3));
}

TEST_F(EvaluationPlanTest, KeepsTheFirstFrameApartWhereNoSourceIsShown) {
  const EvaluationPlan plan = plan_evaluation(set(), 0, {.frames = 100});
  EXPECT_THAT(plan.clips[0].sources, IsEmpty());
  EXPECT_EQ(plan.clips[0].first, 0U);
  EXPECT_THAT(plan.clips[0].driving, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST_F(EvaluationPlanTest, SpreadsClipsOverThePeople) {
  const EvaluationPlan plan = plan_evaluation(set(), 1, {.clips = 4});
  EXPECT_THAT(plan.persons, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(plan.clips[3].clip, 6U);
}

TEST_F(EvaluationPlanTest, NamesEveryUnknownPerson) {
  EXPECT_THAT(([&] {
                plan_evaluation(set(), 1, {.persons = {"id01", "ada", "bob"}});
              }),
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("ada, bob;"), HasSubstr("id00, id01, id02, id03"))));
}

TEST_F(EvaluationPlanTest, LetsOthersDriveTheOnlyPerson) {
  const EvaluationPlan plan = plan_evaluation(set(), 1, {.persons = {"id02"}});
  EXPECT_EQ(plan.clips.size(), 2U);
  EXPECT_EQ(plan.drivers.size(), 6U);
  EXPECT_EQ(plan.drivers_of(2, 8).size(), 3U);
}

TEST_F(EvaluationPlanTest, TakesDriversInTheOrderOfTheListAndRoundIt) {
  const EvaluationPlan plan = plan_evaluation(set(), 1, {});
  EXPECT_THAT(plan.drivers_of(2, 2), ElementsAre(6, 0)) << "first clips of id03 and id00";
  EXPECT_EQ(plan.drivers_of(0, 100).size(), 3U);
}

TEST_F(EvaluationPlanTest, LeavesShortClipsOutAndCountsThem) {
  const auto folder = place_.path() / "mixed";
  SetWriter writer(folder, [] {
    SetOptions options;
    options.source = "tiny";
    options.jpeg_quality = 95;
    options.jpeg_subsampling = "4:2:0";
    return options;
  }());
  TinySet tiny;
  for (std::uint32_t identity = 0; identity < 2; ++identity) {
    tiny.frames = identity == 0 ? 3 : 5;
    writer.add(tiny_clip(tiny, identity, 0));
  }
  writer.finish();
  const DataSet mixed = DataSet::open(folder);
  const EvaluationPlan plan = plan_evaluation(mixed, 3, {});
  EXPECT_EQ(plan.short_clips, 1);
  EXPECT_THAT(plan.persons, ElementsAre(1));
  EXPECT_THAT([&] { plan_evaluation(mixed, 5, {}); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("6 usable frames"), HasSubstr("longest has 5"))));
}

TEST_F(EvaluationPlanTest, CrossesNothingWithoutKnownParameters) {
  EXPECT_THAT(plan_evaluation(set(), 1, {}).crossings, IsEmpty());
}

}  // namespace
}  // namespace understudy
