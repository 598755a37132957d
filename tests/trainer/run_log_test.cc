#include "trainer/watching/run_log.h"

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
  const auto vouching = [](std::uint64_t bytes, const std::string& sha256 = "") {
    Manifest manifest;
    manifest.metrics_bytes = bytes;
    manifest.metrics_sha256 = sha256;
    return manifest;
  };
  EXPECT_NO_THROW(require_log_of(run.path(), vouching(0)));
  EXPECT_THROW(require_log_of(run.path(), vouching(1)), CheckpointError);
  write_file_atomically(run.path() / "metrics.jsonl", "short\n");
  EXPECT_NO_THROW(require_log_of(run.path(), vouching(6)));
  EXPECT_THROW(require_log_of(run.path(), vouching(7)), CheckpointError);
  EXPECT_NO_THROW(require_log_of(run.path(), vouching(5, sha256_hex("short"))));
  EXPECT_THROW(require_log_of(run.path(), vouching(5, sha256_hex("shirt"))), CheckpointError);
}

TEST(JsonLines, KnowsTheHashOfWhatItHolds) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "metrics.jsonl";
  std::string first;
  {
    JsonLines log(path, 0);
    EXPECT_EQ(log.sha256(), sha256_hex(""));
    log.append("{}");
    first = log.sha256();
    EXPECT_EQ(first, sha256_hex("{}\n"));
    log.append("{}");
    EXPECT_EQ(log.sha256(), sha256_hex("{}\n{}\n"));
  }
  JsonLines resumed(path, 3, system_files(), first);
  resumed.append("{\"again\":true}");
  EXPECT_EQ(resumed.sha256(), sha256_hex(read_file(path)));
  EXPECT_EQ(JsonLines(path, -1).sha256(), "");
}

TEST(JsonLines, RefusesVouchedBytesThatHaveChanged) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "metrics.jsonl";
  write_file_atomically(path, "{\"a\":1}\nrest");
  EXPECT_THROW(JsonLines(path, 8, system_files(), sha256_hex("{\"a\":0}\n")), CheckpointError);
  EXPECT_EQ(read_file(path), "{\"a\":1}\nrest") << "as it was";
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
