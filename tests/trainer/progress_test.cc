#include "trainer/watching/progress.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(Progress, ShowsPhaseLossRatesWaitingAndRemainingTime) {
  Progress progress(0, 1000, 24);
  for (int i = 0; i < 10; ++i) progress.count(0.5, 0.1);
  EXPECT_EQ(progress.line("II", {{"total", 0.5}, {"pixel", 0.1}}),
            "phase II  iteration 10/1000  total 0.5000  2.00 it/s  48 samples/s  data 20 %  8:15 left");
}

TEST(Progress, DrawsABarThatFitsTheTerminal) {
  Progress progress(499, 1000, 24);
  progress.count(0.5, 0.0);
  EXPECT_EQ(progress.bar("II", {}, 200),
            "[##########..........]  50 %  phase II  iteration 500/1000  2.00 it/s  48 samples/s  data 0 %  4:10 left");
  EXPECT_EQ(progress.bar("II", {}, 30), "[##########..........]  50 % ");
  Progress last(999, 1000, 1);
  EXPECT_EQ(last.bar("I", {}, 31), "[###################.]  99 %  ") << "done is what is done";
}

TEST(Progress, BeginsAnywhere) {
  const Progress resumed(7, 10, 4);
  EXPECT_EQ(resumed.line("I", {}), "phase I  iteration 7/10  0.00 it/s  0 samples/s  data 0 %  0:00 left");
}

TEST(ClockText, UsesHoursOnlyWhenThereAreAny) {
  EXPECT_EQ(clock_text(59.6), "1:00");
  EXPECT_EQ(clock_text(4521), "1:15:21");
}

}  // namespace
}  // namespace understudy
