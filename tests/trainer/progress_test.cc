#include "trainer/progress.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(Progress, ShowsPhaseLossRateAndRemainingTime) {
  Progress progress(0, 1000);
  for (int i = 0; i < 10; ++i) progress.count(0.5);
  EXPECT_EQ(progress.line("II", 10, {{"total", 0.5}}),
            "phase II  iteration 10/1000  total 0.5000  2.00 it/s  8:15 left");
}

TEST(ClockText, UsesHoursOnlyWhenThereAreAny) {
  EXPECT_EQ(clock_text(59.6), "1:00");
  EXPECT_EQ(clock_text(4521), "1:15:21");
}

}  // namespace
}  // namespace understudy
