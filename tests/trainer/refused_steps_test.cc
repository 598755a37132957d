// A run whose storage refuses a step: whatever it was, the run ends with an error that names it or goes on without what
// nobody needs, and the next start ends in the bits of a run in peace.
#include <atomic>
#include <cerrno>

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
#include "trainer/trainer.h"

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
    return all;
  }

  TemporaryFolder place_{memory_folder()};
};

TEST_F(RefusedSteps, LoseNothingWhicheverItIs) {
  const RecordedFiles peace({.really_sync = false});
  train_in(place_.path() / "peace", peace);
  const std::string expected = computed_in(place_.path() / "peace");
  const auto steps = static_cast<int>(peace.steps().size());
  constexpr std::array kReasons = {ENOSPC, EROFS, EIO, ESTALE};
  int ended = 0;
  for (int refused = 0; refused < steps; ++refused) {
    const fs::path run = place_.path() / "run";
    const int reason = kReasons[static_cast<std::size_t>(refused) % kReasons.size()];
    std::atomic<int> seen = 0;
    std::string what;
    const RecordedFiles files({.really_sync = false, .before = [&](const FileStep& step) {
                                 if (seen++ != refused) return;
                                 what = step.path.string();
                                 throw_file_error(step.path, "do it", reason);
                               }});
    try {
      train_in(run, files);
    } catch (const Error& error) {
      ++ended;
      EXPECT_THAT(error.what(), testing::HasSubstr(what)) << refused;
    }
    EXPECT_EQ(train_in(run, system_files()).code, ExitCode::kDone) << refused << ": " << what;
    EXPECT_TRUE(computed_in(run) == expected) << refused << ": " << what;
    if (HasFailure()) return;
    fs::remove_all(run);
  }
  EXPECT_GT(ended, steps / 2);
  RecordProperty("steps", steps);
  RecordProperty("ended", ended);
}

}  // namespace
}  // namespace understudy
