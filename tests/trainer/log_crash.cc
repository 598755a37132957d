// A loss of power between any two steps of a start that resumes, logs and saves: in every state that the disk may then
// be in, the checkpoint that is found finds the bytes of the logs that it vouches for, and the run goes on to its end.
#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "checkpoints/store.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/crashed_disk.h"
#include "tests/support/recorded_files.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"
#include "tests/trainer/injected_recipe.h"
#include "trainer/trainer.h"
#include "trainer/watching/event_file.h"
#include "trainer/watching/run_log.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kEvery = 2;  ///< iterations between checkpoints
constexpr std::int64_t kEnd = 4;
constexpr std::size_t kStride = 16;  ///< bytes of files between the crashes inside a write

class LogCrash : public testing::Test {
 protected:
  LogCrash() {
    spdlog::set_level(spdlog::level::off);
    inject(InjectedKind::kNone, 0, 0, 0);
    write_tiny_set(place_.path() / "set", {.landmarks = false});
    fs::create_directory(root());
  }
  ~LogCrash() override { spdlog::set_level(spdlog::level::info); }

  fs::path root() const { return place_.path() / "disk"; }

  /// @param stop  asked before every iteration and every episode of a validation
  ExitCode train_in(
      const fs::path& run,
      const FileSystem& files,
      const std::function<bool()>& stop = [] { return false; },
      std::optional<std::int64_t> until = std::nullopt) const {
    TrainRequest request;
    request.config_text = fmt::format(
        "[recipe]\nname = \"injected\"\n[run]\nmax_iterations = {}\nlog_every = 1\nsample_every = 0\n"
        "[batch]\nglobal_batch = {}\nmicro_batch = {}\n[checkpoints]\nevery = {}\nkeep_newest = 2\nkeep_every = 0\n"
        "[validation]\nevery = {}\nepisodes = 1\nmetric = \"number\"\n"
        "[cluster]\nthreads_per_rank = 1\ndevice = \"cpu\"\n"
        "[data]\ntrain = \"{}\"\nvalidation = \"{}\"\nloader_threads = 0\nread_threads = 0\n",
        kEnd,
        kGlobalBatch,
        kMicroBatch,
        kEvery,
        kEvery,
        (place_.path() / "set").string(),
        (place_.path() / "set").string());
    request.config_name = "injected.toml";
    request.run_directory = run;
    request.until = until;
    request.files = &files;
    const auto rank = single_rank();
    Heartbeat heartbeat;
    return train(request, {*rank, heartbeat, stop}).code;
  }

  /// Every crash of the steps from `begin` on. @returns  how many states that differ
  std::size_t crash_everywhere(const std::vector<FileStep>& steps, std::size_t begin) {
    const auto only_informs = [](const FileStep& step) {
      return step.path.filename() == "status.log" || step.path.filename() == "timing.jsonl";
    };
    train_in(place_.path() / "peace", RecordedFiles({.really_sync = false}));
    whole_metrics_ = read_file(place_.path() / "peace" / "metrics.jsonl");
    whole_model_ = read_file(CheckpointStore(place_.path() / "peace").folder_of(kEnd) / kModelPart);
    whole_events_ = read_file(root() / "run" / kEventsName);
    CrashedDisk disk(root());
    for (std::size_t i = 0; i < begin; ++i) {
      if (!only_informs(steps[i])) disk.apply(steps[i]);
    }
    std::unordered_set<std::string> seen;
    std::unordered_set<std::string> trained_on;
    for (std::size_t i = begin;; ++i) {
      for (const std::vector<bool>& arrived : name_arrivals(disk.open_changes(), random_)) {
        const bool all = std::find(arrived.begin(), arrived.end(), false) == arrived.end();
        for (const DataArrival& data : all ? every_arrival(disk, kStride) : some_arrivals(disk)) {
          if (!seen.insert(disk.describe(arrived, data)).second) continue;
          const std::string names = disk.describe(arrived, {.bytes = 0});
          SCOPED_TRACE(fmt::format("before step {} of {}:\n{}", i, steps.size(), names));
          if (trained_on.insert(names).second) {
            build(disk, arrived, data);
            go_on(after() / "run");
          }
          build(disk, arrived, data);
          look_at(after() / "run");
          if (HasFailure()) return seen.size();
        }
      }
      if (i == steps.size()) return seen.size();
      if (!only_informs(steps[i])) disk.apply(steps[i]);
    }
  }

  /// The checkpoint that a resume finds, and its logs.
  void look_at(const fs::path& run) const {
    const RecordedFiles unsynced({.really_sync = false});
    const CheckpointStore store(run, unsynced);
    std::optional<LoadedCheckpoint> found = store.newest_intact();
    if (!found) {
      store.take_incarnation();  // gives a checkpoint that was being replaced its name back
      found = store.newest_intact();
    }
    ASSERT_TRUE(found);
    const Manifest& manifest = found->manifest();
    ASSERT_GT(manifest.metrics_bytes, 0U);
    ASSERT_NO_THROW(require_log_of(run, manifest));
    EXPECT_TRUE(whole_metrics_.starts_with(read_file(run / "metrics.jsonl").substr(0, manifest.metrics_bytes)));
    const std::string events = read_file(run / kEventsName);
    ASSERT_GE(events.size(), manifest.events_bytes);
    EXPECT_TRUE(whole_events_.starts_with(std::string_view(events).substr(0, manifest.events_bytes)));
  }

  /// Of a start that ends when it has cut the logs to what its checkpoint vouches for.
  static RecordedFiles dying() {
    return RecordedFiles({.really_sync = false, .before = [](const FileStep& step) {
                            if (step.path.filename() == "status.log") throw_file_error(step.path, "open", EIO);
                          }});
  }

  /// Trains to the end in two starts, the first of which ends when it has cut the logs to what its checkpoint vouches
  /// for.
  void go_on(const fs::path& run) const {
    EXPECT_THROW(train_in(run, dying()), Error);
    EXPECT_EQ(train_in(run, RecordedFiles({.really_sync = false})), ExitCode::kDone);
    EXPECT_EQ(read_file(run / "metrics.jsonl"), whole_metrics_);
    EXPECT_TRUE(read_file(CheckpointStore(run).folder_of(kEnd) / kModelPart) == whole_model_);
  }

  void build(const CrashedDisk& disk, const std::vector<bool>& arrived, const DataArrival& data) const {
    fs::remove_all(after());
    disk.build(after(), arrived, data);
  }

  fs::path after() const { return place_.path() / "after"; }

  TemporaryFolder place_{memory_folder()};
  std::mt19937 random_{1};
  std::string whole_metrics_;  ///< of a run in peace
  std::string whole_events_;   ///< of the crashed one: times are in it
  std::string whole_model_;
};

TEST_F(LogCrash, LeavesEveryByteThatTheNewestCheckpointVouchesFor) {
  const RecordedFiles files({.really_sync = false});
  ASSERT_EQ(train_in(
                root() / "run", files, [] { return false; }, kEvery),
            ExitCode::kDone);
  const std::size_t begin = files.steps().size();
  ASSERT_EQ(train_in(root() / "run", files), ExitCode::kDone);
  const std::size_t states = crash_everywhere(files.steps(), begin);
  EXPECT_GT(states, 1'000U);
  RecordProperty("states", static_cast<int>(states));
}

// It could not be read for a while, and the start has cut the logs below what it vouches for.
TEST_F(LogCrash, OfAStartThatPassedACheckpointOverLeavesARunThatResumes) {
  train_in(place_.path() / "peace", RecordedFiles({.really_sync = false}));
  const fs::path run = root() / "run";
  ASSERT_EQ(train_in(run, RecordedFiles({.really_sync = false})), ExitCode::kDone);
  const fs::path part = CheckpointStore(run).folder_of(kEnd) / kModelPart;
  fs::rename(part, place_.path() / "away");
  EXPECT_THROW(train_in(run, dying()), Error);
  fs::rename(place_.path() / "away", part);
  EXPECT_EQ(train_in(run, RecordedFiles({.really_sync = false})), ExitCode::kDone);
  EXPECT_EQ(read_file(run / "metrics.jsonl"), read_file(place_.path() / "peace" / "metrics.jsonl"));
}

class LogCrashReplacing : public LogCrash, public testing::WithParamInterface<bool> {};

// A validation that a stop left to the next start adds to the log and to the checkpoint that is there already.
TEST_P(LogCrashReplacing, LeavesEveryByteThatEitherCheckpointVouchesFor) {
  const RecordedFiles files({.can_exchange = GetParam(), .really_sync = false});
  int questions = 0;
  const auto stop = [&] { return ++questions > kEvery; };
  ASSERT_EQ(train_in(root() / "run", files, stop), ExitCode::kRunAgain);
  const std::size_t begin = files.steps().size();
  ASSERT_EQ(train_in(
                root() / "run", files, [] { return false; }, kEvery),
            ExitCode::kDone);
  const std::size_t states = crash_everywhere(files.steps(), begin);
  EXPECT_GT(states, 1'000U);
  RecordProperty("states", static_cast<int>(states));
}

INSTANTIATE_TEST_SUITE_P(FileSystems, LogCrashReplacing, testing::Bool());

}  // namespace
}  // namespace understudy
