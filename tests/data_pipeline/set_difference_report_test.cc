#include "data_pipeline/set_difference_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace understudy {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

SetDifference example() {
  SetDifference difference;
  difference.first.fingerprint = "aaaa";
  difference.second.fingerprint = "bbbb";
  difference.identities = {.only_first = {"id01"}, .only_second = {"id07"}, .both = 5};
  difference.changed = {{"id02#v#0", {"id02", "v", 64, 64, 12, 12, 1}, {"id02", "v", 64, 48, 12, 10, 2}}};
  difference.kinds = {{AnnotationKind::kLandmark68, true, true, {"id02#v#0"}},
                      {AnnotationKind::kMask, false, true, {}}};
  difference.annotations_compared = true;
  return difference;
}

TEST(SetDifferenceReport, SaysWhatDiffers) {
  EXPECT_THAT(
      difference_text(example()),
      AllOf(HasSubstr("identities  5 in both, 1 only in the first, 1 only in the second\n  - id01\n  + id07\n"),
            HasSubstr("  ~ id02#v#0: size 64 x 64 and 64 x 48, usable frames 12 and 10, frames or marks differ\n"),
            HasSubstr("landmark68  differs in 1 clip\n  ~ id02#v#0\n"),
            HasSubstr("mask        only in the second\n"),
            Not(HasSubstr("fingerprints are equal")),
            EndsWith("\ndifferent\n")));
}

TEST(SetDifferenceReport, SaysThatSetsAreEqual) {
  SetDifference difference;
  difference.first.fingerprint = difference.second.fingerprint = "aaaa";
  difference.kinds = {{AnnotationKind::kMask, true, true, {}}};
  difference.annotations_compared = true;
  EXPECT_THAT(difference_text(difference),
              AllOf(HasSubstr("fingerprints are equal"), HasSubstr("in both, equal"), EndsWith("\nequal\n")));
  difference.annotations_compared = false;
  EXPECT_THAT(difference_text(difference), HasSubstr("in both, not compared"));
}

TEST(SetDifferenceReport, LeavesLongListsToJson) {
  SetDifference difference;
  for (int i = 0; i < 25; ++i) difference.clips.only_first.push_back("clip" + std::to_string(i));
  EXPECT_THAT(difference_text(difference),
              AllOf(HasSubstr("- clip19\n"), Not(HasSubstr("clip20")), HasSubstr("and 5 more; --json lists all")));
  EXPECT_EQ(nlohmann::json::parse(difference_json(difference))["clips"]["only_first"].size(), 25U);
}

TEST(SetDifferenceReport, GivesProgramsEverything) {
  const nlohmann::json json = nlohmann::json::parse(difference_json(example()));
  EXPECT_EQ(json["equal"], false);
  EXPECT_EQ(json["fingerprints_equal"], false);
  EXPECT_EQ(json["second"]["fingerprint"], "bbbb");
  EXPECT_EQ(json["identities"]["only_second"][0], "id07");
  EXPECT_EQ(json["changed"][0]["clip"], "id02#v#0");
  EXPECT_EQ(json["changed"][0]["first"]["height"], 64);
  EXPECT_EQ(json["changed"][0]["second"]["content_crc32c"], "00000002");
  EXPECT_EQ(json["annotations"]["mask"]["in_first"], false);
  EXPECT_EQ(json["annotations"]["landmark68"]["changed_clips"][0], "id02#v#0");
}

}  // namespace
}  // namespace understudy
