#include "trainer/watching/prometheus.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::Not;

// The whole text is read by the Python package of Prometheus in tests/integration/monitor_test.py.
TEST(Prometheus, TellsWhatItKnows) {
  const std::string text =
      prometheus_text({.run = "vox",
                       .system = "fsrt",
                       .phase = "II",
                       .completed = 300,
                       .end = 1000,
                       .terms = {{"total", 0.5}, {"gan", std::numeric_limits<double>::quiet_NaN()}},
                       .time = 1700000000.25});
  EXPECT_THAT(text,
              HasSubstr("# HELP understudy_iterations Finished optimiser steps.\n# TYPE understudy_iterations gauge\n"
                        "understudy_iterations{run=\"vox\"} 300\n"));
  EXPECT_THAT(text, HasSubstr("understudy_info{run=\"vox\",system=\"fsrt\",phase=\"II\"} 1\n"));
  EXPECT_THAT(
      text,
      HasSubstr("understudy_term{run=\"vox\",term=\"total\"} 0.5\nunderstudy_term{run=\"vox\",term=\"gan\"} NaN\n"));
  EXPECT_THAT(text, HasSubstr("understudy_updated_timestamp_seconds{run=\"vox\"} 1700000000.25\n"));
  EXPECT_THAT(text, Not(HasSubstr("validation"))) << "there was none";
  EXPECT_THAT(text, Not(HasSubstr("saved"))) << "there is none";
}

TEST(Prometheus, EscapesLabels) {
  EXPECT_THAT(prometheus_text({.run = "a\"b\\c\nd"}), HasSubstr("{run=\"a\\\"b\\\\c\\nd\"}"));
}

TEST(Prometheus, NamesAFileThatAnyFolderTakes) {
  EXPECT_EQ(prometheus_file_name("vox-256_b.1"), "understudy-vox-256_b.1.prom");
  EXPECT_EQ(prometheus_file_name("my run/ä"), "understudy-my_run___.prom");
}

}  // namespace
}  // namespace understudy
