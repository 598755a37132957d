#include "trainer/run_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

TEST(JsonLines, IsCutToWhatACheckpointVouchesFor) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "metrics.jsonl";
  std::int64_t vouched = 0;
  {
    JsonLines log(path, 0);
    log.append("{\"iteration\":0}");
    log.sync();
    vouched = log.bytes();
    log.append("{\"iteration\":1}");
  }
  JsonLines resumed(path, vouched);
  resumed.append("{\"iteration\":1,\"again\":true}");
  EXPECT_EQ(read_file(path), "{\"iteration\":0}\n{\"iteration\":1,\"again\":true}\n");
}

TEST(JsonLines, RefusesAFileShorterThanVouchedFor) {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "metrics.jsonl", "short\n");
  EXPECT_THROW(JsonLines(folder.path() / "metrics.jsonl", 100), CheckpointError);
  EXPECT_EQ(read_file(folder.path() / "metrics.jsonl"), "short\n");
}

TEST(RequireLogOf, ComparesWithTheLengthOfMetrics) {
  const TemporaryFolder run;
  EXPECT_NO_THROW(require_log_of(run.path(), 0));
  EXPECT_THROW(require_log_of(run.path(), 1), CheckpointError);
  write_file_atomically(run.path() / "metrics.jsonl", "short\n");
  EXPECT_NO_THROW(require_log_of(run.path(), 6));
  EXPECT_THROW(require_log_of(run.path(), 7), CheckpointError);
}

TEST(StartRecord, TellsWhatARunRanOn) {
  const auto record =
      nlohmann::json::parse(start_record(3, c10::Device(c10::kCPU), {"n1", "n2"}, {{"NCCL_ALGO", "Ring"}}));
  EXPECT_EQ(record.at("start"), 3);
  EXPECT_EQ(record.at("device"), "cpu");
  EXPECT_EQ(record.at("ranks"), 2);
  EXPECT_EQ(record.at("nodes")[1], "n2");
  EXPECT_EQ(record.at("variables").at("NCCL_ALGO"), "Ring");
}

TEST(MetricsLine, WritesNumbersThatReadBackExactly) {
  EXPECT_EQ(metrics_line(7, "II", {{"total", 0.1}, {"mse", 1.0 / 3.0}}),
            "{\"iteration\":7,\"phase\":\"II\",\"terms\":{\"total\":0.1,\"mse\":0.3333333333333333}}");
}

}  // namespace
}  // namespace understudy
