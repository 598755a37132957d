#include "trainer/report/metrics_reading.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "tests/support/temporary_folder.h"
#include "trainer/watching/run_log.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(ReadMetrics, ReadsWhatTheRunWrote) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "metrics.jsonl";
  JsonLines log(path, 0);
  log.append(metrics_line(4, "I", {{"total", 2.0}, {"mse", 0.5}}));
  log.append(metrics_line(9, "I", {{"total", std::numeric_limits<double>::quiet_NaN()}, {"mse", 0.25}}));
  log.append(validation_line(10, "I", 7, {{"psnr", 20.5}, {"l1", 0.125}}));
  log.append(metrics_line(14, "II", {{"total", 1.0}, {"style", 3.0}}));
  write_file_atomically(path, read_file(path) + "{\"iteration\":19,\"pha");
  const RunMetrics metrics = read_metrics(path);
  EXPECT_EQ(metrics.logged, 3);
  EXPECT_EQ(metrics.unreadable, 1);
  ASSERT_EQ(metrics.terms.size(), 3U);
  EXPECT_EQ(metrics.terms[0].first, "total");
  EXPECT_EQ(metrics.terms[2].first, "style");
  EXPECT_THAT(metrics.terms[0].second.not_finite(), ElementsAre(9));
  EXPECT_EQ(metrics.terms[0].second.points().back().phase, 1U);
  EXPECT_EQ(metrics.terms[1].second.last(), 0.25);
  ASSERT_EQ(metrics.phases.size(), 2U);
  EXPECT_EQ(metrics.phases[0].name, "I");
  EXPECT_EQ(metrics.phases[0].first, 4);
  EXPECT_EQ(metrics.phases[0].end, 10);
  EXPECT_EQ(metrics.phases[1].end, 15);
  ASSERT_EQ(metrics.validations.size(), 1U);
  EXPECT_EQ(metrics.validations[0].completed, 10);
  EXPECT_EQ(metrics.validations[0].episodes, 7);
  EXPECT_THAT(metrics.validations[0].means, ElementsAre(Pair("psnr", 20.5), Pair("l1", 0.125)));
}

TEST(ReadMetrics, TakesAMissingFileForAnEmptyOne) {
  EXPECT_EQ(read_metrics("/nowhere/metrics.jsonl").logged, 0);
}

}  // namespace
}  // namespace understudy
