// A run whose storage refuses a step: whatever it was, the run ends with an error that names it or goes on without what
// nobody needs, and the next start ends in the bits of a run in peace.
#include <array>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "checkpoints/store.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/recorded_files.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/report/time_book.h"
#include "trainer/report/timing_reading.h"
#include "trainer/trainer.h"
#include "trainer/watching/event_file.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

class RefusedSteps : public testing::Test {
 protected:
  RefusedSteps() {
    write_tiny_set(place_.path() / "set", {.side = 32});
    spdlog::set_level(spdlog::level::off);
  }
  ~RefusedSteps() override { spdlog::set_level(spdlog::level::info); }

  Outcome train_in(const fs::path& folder, const FileSystem& files) const {
    const std::string set = (place_.path() / "set").string();
    TrainRequest request;
    request.config_text = fmt::format(
        "[recipe]\nname = \"keypoints\"\n[run]\nmax_iterations = 3\nlog_every = 1\nsample_every = 2\nprometheus = "
        "\"{}\"\n"
        "[batch]\nglobal_batch = 2\nmicro_batch = 2\n[optimizer]\nwarmup_iterations = 0\n"
        "[validation]\nevery = 2\nepisodes = 1\n[checkpoints]\nevery = 1\nkeep_newest = 2\nkeep_every = 0\n"
        "[cluster]\nthreads_per_rank = 1\n[data]\nloader_threads = 0\nread_threads = 0\ntrain = \"{}\"\nvalidation = "
        "\"{}\"\n{}",
        place_.path().string(),
        set,
        set,
        kTinyModel);
    request.config_name = "tiny.toml";
    request.run_directory = folder;
    request.files = &files;
    const auto rank = single_rank();
    Heartbeat heartbeat;
    return train(request, {*rank, heartbeat, [] { return false; }});
  }

  std::string computed_in(const fs::path& run) const {
    const CheckpointStore store(run);
    std::string all = read_file(run / "metrics.jsonl");
    for (const std::int64_t iteration : store.list()) {
      EXPECT_TRUE(store.problems_of(iteration).empty());
      all += fmt::format("\n{}: {}", iteration, read_file(store.folder_of(iteration) / kModelPart));
    }
    for (const auto& entry : fs::recursive_directory_iterator(run / "best")) {
      if (entry.is_symlink())
        all += fmt::format("\n{} -> {}", entry.path().filename().string(), fs::read_symlink(entry).string());
    }
    for (const auto& entry : fs::directory_iterator(run / "samples")) all += read_file(entry.path());
    return all + fmt::format("\n{}", fs::file_size(run / kEventsName));
  }

  /// Names of files that are not published, as a start that was cut off leaves them. Claims to a start's number stay:
  /// nobody can tell whether the start that made one is alive.
  static std::vector<std::string> half_written(const fs::path& run) {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(run)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with(".claim-")) continue;
      if (name.starts_with('.') || name.find(".tmp.") != std::string::npos) found.push_back(entry.path().string());
    }
    return found;
  }

  /// Whether the time book says how start 1 ended, if that got so far that all its logs were open.
  static bool tells_its_end(const fs::path& run) {
    std::ifstream status(run / "status.log");
    std::string line;
    if (!std::getline(status, line) || status.eof()) return true;
    std::ifstream timing(run / "timing.jsonl");
    while (std::getline(timing, line)) {
      const auto record = read_time_record(line);
      if (record && record->kind == TimeRecord::Kind::kEnd) return true;
    }
    return false;
  }

  TemporaryFolder place_{memory_folder()};
};

/// Of what kind, of which file.
using Step = std::pair<FileStep::Kind, std::string>;

TEST_F(RefusedSteps, LoseNothingWhicheverItIs) {
  train_in(place_.path() / "peace", RecordedFiles({.really_sync = false}));
  const std::string expected = computed_in(place_.path() / "peace");
  const fs::path run = place_.path() / "run";
  constexpr std::array kReasons = {ENOSPC, EROFS, EIO, ESTALE};
  std::set<Step> ended;
  std::set<Step> passed_over;
  for (int refused = 0;; ++refused) {
    const int reason = kReasons[static_cast<std::size_t>(refused) % kReasons.size()];
    std::atomic<int> seen = 0;
    std::optional<FileStep> what;
    const RecordedFiles files({.really_sync = false, .before = [&](const FileStep& step) {
                                 if (seen++ != refused) return;
                                 what = step;
                                 throw_file_error(step.path, "do it", reason);
                               }});
    std::string error;
    try {
      train_in(run, files);
    } catch (const Error& thrown) {
      error = thrown.what();
    }
    if (!what) break;
    SCOPED_TRACE(fmt::format("{}: step {} of {}", refused, static_cast<int>(what->kind), what->path.string()));
    (error.empty() ? passed_over : ended).emplace(what->kind, what->path.filename().string());
    if (!error.empty()) {
      EXPECT_THAT(error, testing::HasSubstr(what->path.string()));
      EXPECT_TRUE(tells_its_end(run));
    }
    EXPECT_EQ(train_in(run, system_files()).code, ExitCode::kDone);
    EXPECT_TRUE(computed_in(run) == expected);
    EXPECT_THAT(half_written(run), testing::IsEmpty());
    if (HasFailure()) return;
    fs::remove_all(run);
    RecordProperty("steps", refused + 1);
  }
  using Kind = FileStep::Kind;
  for (const std::string& log : {std::string("metrics.jsonl"), std::string(kEventsName)}) {
    for (const Kind kind : {Kind::kAppend, Kind::kWrite, Kind::kSync}) EXPECT_TRUE(ended.contains({kind, log})) << log;
  }
  for (const char* log : {"timing.jsonl", "status.log"}) {
    for (const Kind kind : {Kind::kAppend, Kind::kWrite}) EXPECT_TRUE(ended.contains({kind, log})) << log;
    for (const Kind kind : {Kind::kWrite, Kind::kClose})
      EXPECT_TRUE(passed_over.contains({kind, log})) << log << " at the end of a run that is done";
  }
}

TEST_F(RefusedSteps, OfTheFileForPrometheusEndNoRun) {
  int refused = 0;
  const RecordedFiles files({.really_sync = false, .before = [&](const FileStep& step) {
                               if (step.path.filename().string().find(".prom") == std::string::npos) return;
                               ++refused;
                               throw_file_error(step.path, "do it", ENOSPC);
                             }});
  EXPECT_EQ(train_in(place_.path() / "run", files).code, ExitCode::kDone);
  EXPECT_EQ(refused, 1) << "it is told of once";
}

}  // namespace
}  // namespace understudy
