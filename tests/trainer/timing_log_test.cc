#include "trainer/watching/timing_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/atomic_file.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using Json = nlohmann::json;

class TimingLogTest : public testing::Test {
 protected:
  TimingLog log() {
    return TimingLog(path_, {.number = 2, .began = 90.0, .from = 40, .nodes = {"n1", "n2"}}, [this] { return now_; });
  }
  std::vector<Json> lines() const {
    std::vector<Json> lines;
    std::string line;
    for (std::istringstream text(read_file(path_)); std::getline(text, line);)
      lines.push_back(Json::parse(line, nullptr, /*allow_exceptions=*/false));
    return lines;
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "timing.jsonl";
  double now_ = 100.0;
};

TEST_F(TimingLogTest, BeginsWithTheStart) {
  log();
  EXPECT_EQ(lines().at(0),
            Json::parse(R"({"event": "begin", "start": 2, "began": 90.0, "time": 100.0, "from_iteration": 40,
                            "nodes": ["n1", "n2"], "since": {"iterations": 0, "seconds": 0.0, "data_wait_seconds": 0.0,
                            "exchange_seconds": 0.0}})"));
}

TEST_F(TimingLogTest, SumsUpIterationsThatAreNotLogged) {
  TimingLog timing = log();
  now_ = 103.0;
  timing.count({1, 1.0, 0.25, 0.125}, 41);
  timing.count({1, 2.0, 0.25, 0.125}, 42);
  timing.logged(41, 2, {.seconds = 2.0});
  now_ = 104.0;
  timing.spent(RunSpan::kSaving, 0.75, 42);
  EXPECT_EQ(lines().at(1).at("iteration"), 41);
  EXPECT_EQ(lines().at(1).at("seconds"), 2.0);
  EXPECT_EQ(lines().at(1).at("time"), 103.0);
  EXPECT_EQ(lines().at(1).at("since"),
            Json({{"iterations", 2}, {"seconds", 3.0}, {"data_wait_seconds", 0.5}, {"exchange_seconds", 0.25}}));
  EXPECT_EQ(lines().at(2).at("event"), "saving");
  EXPECT_EQ(lines().at(2).at("span_seconds"), 0.75);
  EXPECT_EQ(lines().at(2).at("since").at("iterations"), 0);
}

TEST_F(TimingLogTest, IsNeverSilentForLong) {
  TimingLog timing = log();
  now_ = 129.0;
  timing.count({1, 29.0, 0.0, 0.0}, 41);
  EXPECT_EQ(lines().size(), 1U);
  now_ = 131.0;
  timing.count({1, 2.0, 0.0, 0.0}, 42);
  ASSERT_EQ(lines().size(), 2U);
  EXPECT_EQ(lines().at(1).at("completed"), 42);
  EXPECT_EQ(lines().at(1).at("since").at("seconds"), 31.0);
}

TEST_F(TimingLogTest, ClosesALineThatAKilledStartLeftHalfWritten) {
  write_file_atomically(path_, "{\"iteration\":1}\n{\"iterat");
  log();
  ASSERT_EQ(lines().size(), 3U);
  EXPECT_TRUE(lines().at(1).is_discarded());
  EXPECT_EQ(lines().at(2).at("event"), "begin");
}

TEST_F(TimingLogTest, AddsNoEmptyLineToAWholeFile) {
  write_file_atomically(path_, "{\"iteration\":1}\n");
  log().ended(StartEnd::kRunAgain, "stopped", 41);
  EXPECT_EQ(lines().size(), 3U);
  EXPECT_EQ(lines().at(2).at("end"), "run again");
  EXPECT_EQ(lines().at(2).at("message"), "stopped");
}

TEST_F(TimingLogTest, TellsWhatTheLoaderDid) {
  log().logged(9,
               2,
               {.seconds = 0.5,
                .data_wait_seconds = 0.125,
                .rank_seconds = {0.25, 0.375},
                .loader = {.read_seconds = 1.5,
                           .prepare_seconds = 2.5,
                           .reads = {.bytes = 4096, .repeated = 3},
                           .replaced_frames = 2,
                           .batches_ready = 4,
                           .reads_ready = 32}});
  const Json line = lines().at(1);
  EXPECT_EQ(line.at("iteration"), 9);
  EXPECT_EQ(line.at("world_size"), 2);
  EXPECT_EQ(line.at("data_wait_seconds"), 0.125);
  EXPECT_EQ(line.at("rank_seconds"), Json({0.25, 0.375}));
  EXPECT_EQ(line.at("loader"),
            Json({{"read_seconds", 1.5},
                  {"prepare_seconds", 2.5},
                  {"bytes_read", 4096},
                  {"batches_ready", 4},
                  {"reads_ready", 32},
                  {"repeated_reads", 3},
                  {"replaced_frames", 2}}));
}

TEST(StartClock, CountsOnFromTheTimeOfTheSystem) {
  const StartClock clock;
  const double first = clock.now();
  EXPECT_GT(clock.began(), 1.7e9);
  EXPECT_GE(first, clock.began());
  EXPECT_GE(clock.now(), first);
}

}  // namespace
}  // namespace understudy
