#include "data_pipeline/packer/record_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

using ::testing::ElementsAre;

TEST(RecordLine, BringsBackAnyFileName) {
  const std::string odd = "a\tb\\n c\nd\re\\";
  const std::string text = record_line({odd, "", "x"});
  EXPECT_EQ(text, "a\\tb\\\\n c\\nd\\re\\\\\t\tx\n");
  EXPECT_THAT(read_record_lines(text), ElementsAre(ElementsAre(odd, "", "x")));
}

TEST(RecordLine, LeavesOutCommentsAndALineThatWasCutShort) {
  EXPECT_THAT(read_record_lines("# about\n\na\tb\nc"), ElementsAre(ElementsAre("a", "b")));
}

TEST(RecordLine, EveryReasonComesBack) {
  for (const RejectionReason reason : kRejectionReasons) {
    const auto lines = read_record_lines(rejection_line({"a/b.mp4", reason, "1\t2"}));
    const auto read = rejection_of(lines.at(0));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->source, "a/b.mp4");
    EXPECT_EQ(read->reason, reason);
    EXPECT_EQ(read->detail, "1\t2");
  }
  EXPECT_FALSE(rejection_of({"reject", "a", "no such reason", ""}).has_value());
}

TEST(RecordLine, RejectionsAreSortedBySource) {
  EXPECT_EQ(rejected_table({{"b", RejectionReason::kName, "x"}, {"a", RejectionReason::kNoFace, "y"}}),
            "source\treason\tdetail\na\tno-face\ty\nb\tname\tx\n");
}

}  // namespace
}  // namespace understudy
