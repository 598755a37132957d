#include "data_pipeline/statistics/statistics_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

SetStatistics example() {
  SetStatistics set;
  set.source = "tiny";
  set.identities = 1234;
  set.frames = 2000;
  set.usable = 1500;
  set.distributions = {{"frames_per_clip", "Frames per clip", "frames", "clips", {}},
                       {"frame_width", "Frame width", "pixels", "frames", {}}};
  for (std::uint64_t frames : {10U, 20U, 20U, 30U}) set.distributions[0].values.add(frames);
  set.distributions[1].values.add(256, 2000);
  return set;
}

TEST(StatisticsText, GroupsDigitsByThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped_tenths(0.04), "0.0");
  EXPECT_EQ(grouped_tenths(999.96), "1,000.0");
  EXPECT_EQ(grouped_tenths(131355.25), "131,355.3");
}

TEST(StatisticsText, ShowsTotalsTableAndBars) {
  const std::string text = statistics_text(example());
  EXPECT_THAT(text,
              AllOf(HasSubstr("1,234 identities"),
                    HasSubstr("usable       1,500 of 2,000 frames (75.0 %)"),
                    ContainsRegex("Frames per clip \\[frames\\] +4 +10 +10 +10 +20 +20.0 +20 +30 +30\n"),
                    ContainsRegex("10 to 11  ####################  +1\n"),
                    ContainsRegex("      30  ####################  +1\n"),  // nothing above 30

                    ContainsRegex("20 to 21  ########################################  2\n"),
                    Not(HasSubstr("Frame width [pixels], number"))));  // all equal: nothing to draw
}

TEST(StatisticsText, ColumnsAreAligned) {
  const std::string text = statistics_text(example());
  const std::size_t table = text.find("\n\n") + 2;
  const std::size_t width = text.find('\n', table) - table;
  for (int row = 0; row < 3; ++row) {
    EXPECT_EQ(text[table + static_cast<std::size_t>(row) * (width + 1) + width], '\n') << "row " << row;
  }
}

TEST(StatisticsText, ListsTheWorstClips) {
  SetStatistics set = example();
  set.landmarks = Coverage{.annotated = 1400, .worst = {{"id1#v#0", 8, 1}}};
  set.masks = Coverage{.annotated = 1500, .worst = {}};
  EXPECT_THAT(statistics_text(set),
              AllOf(HasSubstr("landmarks    1,400 of 1,500 usable frames (93.3 %)"),
                    HasSubstr("Clips with the fewest landmarks\n  1 of 8 usable frames (12.5 %)  id1#v#0\n"),
                    Not(HasSubstr("fewest masks"))));
}

}  // namespace
}  // namespace understudy
