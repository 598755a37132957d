// A loss of power between any two steps of a save: every state that the disk may then be in is built and read again.
#include <algorithm>
#include <functional>
#include <random>
#include <unordered_set>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "checkpoints/retention.h"
#include "checkpoints/store.h"
#include "common/errors.h"
#include "tests/support/crashed_disk.h"
#include "tests/support/recorded_files.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

constexpr int kLayers = 8;

/// What a program did to a folder, and which checkpoints may be there after a crash while it did the last of it.
struct Story {
  std::vector<FileStep> steps;
  std::size_t begin = 0;          ///< steps before are durable history
  std::size_t published = 0;      ///< from here on the new one must be there
  std::vector<std::int64_t> old;  ///< any of these may be the newest before; empty: none need be there
  std::int64_t newest = 0;
};

void save(const CheckpointStore& store, std::int64_t iteration, std::uint64_t incarnation, double value) {
  const auto pending = store.begin(iteration, incarnation);
  Manifest manifest;
  manifest.code_version = "1.2.3";
  manifest.config = "seed = 1\n";
  NamedTensors model;
  for (int i = 0; i < kLayers; ++i) model.emplace_back("layer." + std::to_string(i), at::full({8}, value));
  manifest.parts.push_back(pending->write_tensors(kModelPart, model));
  manifest.parts.push_back(pending->write_tensors(kOptimizerPart, model));
  manifest.parts.push_back(pending->write_text(kTrainerPart, "{}"));
  pending->publish(std::move(manifest));
}

/// The value that iteration n is saved with. Saved again, it is the same: a run computes the same twice.
double value_of(std::int64_t iteration) {
  return static_cast<double>(iteration) + 0.5;
}

class StoreCrash : public testing::Test {
 protected:
  StoreCrash() { spdlog::set_level(spdlog::level::off); }
  ~StoreCrash() override { spdlog::set_level(spdlog::level::info); }

  fs::path root() const { return place_.path() / "disk"; }
  fs::path run() const { return root() / "runs" / "demo"; }

  /// Records `before`, then `last`, of which the crashes are.
  template <class Before, class Last>
  Story record(bool can_exchange, Before before, Last last) const {
    fs::create_directory(root());
    const RecordedFiles files({.can_exchange = can_exchange});
    const CheckpointStore store(run(), files);
    const std::uint64_t incarnation = store.take_incarnation();
    before(store, incarnation);
    Story story;
    story.begin = files.steps().size();
    last(store, incarnation, [&] { story.published = files.steps().size(); });
    story.steps = files.steps();
    return story;
  }

  /// Every crash of the story's last part. @returns  how many states that differ
  std::size_t crash_everywhere(const Story& story, std::size_t stride = 1) {
    CrashedDisk disk(root());
    for (std::size_t i = 0; i < story.begin; ++i) disk.apply(story.steps[i]);
    std::unordered_set<std::string> seen;
    for (std::size_t i = story.begin;; ++i) {
      for (const std::vector<bool>& arrived : name_arrivals(disk.open_changes(), random_)) {
        const bool all = std::find(arrived.begin(), arrived.end(), false) == arrived.end();
        for (const DataArrival& data : all ? every_arrival(disk, stride) : some_arrivals(disk)) {
          const bool must_be_new = i >= story.published;
          const std::string state = disk.describe(arrived, data) + (must_be_new ? "new" : "");
          if (seen.insert(state).second) recover(disk, arrived, data, story, must_be_new, i);
          if (HasFatalFailure()) return seen.size();
        }
      }
      if (i == story.steps.size()) break;
      disk.apply(story.steps[i]);
    }
    return seen.size();
  }

  void recover(const CrashedDisk& disk,
               const std::vector<bool>& arrived,
               const DataArrival& data,
               const Story& story,
               bool must_be_new,
               std::size_t step) {
    const fs::path at = place_.path() / "after";
    fs::remove_all(at);
    disk.build(at, arrived, data);
    const auto where = [&] {
      return "after step " + std::to_string(step) + " of " + std::to_string(story.steps.size()) + ":\n" +
             disk.describe(arrived, {.bytes = 0});
    };
    const RecordedFiles files({.really_sync = false});
    const CheckpointStore store(at / "runs" / "demo", files);
    const std::uint64_t incarnation = store.take_incarnation();
    const std::optional<LoadedCheckpoint> found = store.newest_intact();
    if (!found) {
      ASSERT_TRUE(story.old.empty() && !must_be_new) << where();
      return;
    }
    const std::int64_t iteration = found->manifest().iteration;
    const bool is_old = std::find(story.old.begin(), story.old.end(), iteration) != story.old.end();
    ASSERT_TRUE(iteration == story.newest || (is_old && !must_be_new)) << iteration << " " << where();
    for (const auto& [name, tensor] : found->tensors(kModelPart))
      ASSERT_TRUE(tensor.equal(at::full({8}, value_of(iteration)))) << where();
    for (const char* place : {"1", "2"}) {
      const fs::path link = store.run() / "best" / "psnr" / place;
      if (!fs::is_symlink(link)) continue;
      ASSERT_TRUE(store.problems_of(std::stoll(fs::read_symlink(link).filename().string())).empty()) << where();
    }
    if (++recovered_ % 16 != 0) return;
    save(store, story.newest + 1, incarnation, value_of(story.newest + 1));
    ASSERT_EQ(store.newest_intact()->manifest().iteration, story.newest + 1) << where();
  }

  TemporaryFolder place_{memory_folder()};
  std::mt19937 random_{1};
  int recovered_ = 0;
};

TEST_F(StoreCrash, DuringTheFirstSaveLeavesItOrNothing) {
  Story story = record(
      true,
      [](const auto&, auto) {},
      [](const CheckpointStore& store, std::uint64_t incarnation, const auto& published) {
        save(store, 3, incarnation, value_of(3));
        published();
      });
  story.newest = 3;
  const std::size_t states = crash_everywhere(story, 16);
  EXPECT_GT(states, 500U);
  RecordProperty("states", static_cast<int>(states));
}

TEST_F(StoreCrash, DuringASaveWithRetentionLeavesTheOldOrTheNew) {
  Story story = record(
      true,
      [](const CheckpointStore& store, std::uint64_t incarnation) {
        for (const std::int64_t iteration : {3, 6, 9}) save(store, iteration, incarnation, value_of(iteration));
        apply_retention(store, {.keep_newest = 3, .keep_every = 0, .best = {{"psnr", {3, 9}}}}, incarnation);
      },
      [](const CheckpointStore& store, std::uint64_t incarnation, const auto& published) {
        save(store, 12, incarnation, value_of(12));
        published();
        apply_retention(store, {.keep_newest = 1, .keep_every = 0, .best = {{"psnr", {12, 9}}}}, incarnation);
      });
  story.old = {9};
  story.newest = 12;
  const std::size_t states = crash_everywhere(story);
  EXPECT_GT(states, 10'000U);
  RecordProperty("states", static_cast<int>(states));
}

class StoreCrashReplacing : public StoreCrash, public testing::WithParamInterface<bool> {};

TEST_P(StoreCrashReplacing, LeavesTheIterationOrAnOlderOne) {
  Story story = record(
      GetParam(),
      [](const CheckpointStore& store, std::uint64_t incarnation) {
        save(store, 3, incarnation, value_of(3));
        save(store, 6, incarnation, value_of(6));
      },
      [](const CheckpointStore& store, std::uint64_t incarnation, const auto& published) {
        save(store, 6, incarnation, value_of(6));
        published();
      });
  story.old = {6};
  story.newest = 6;
  const std::size_t states = crash_everywhere(story, 16);
  EXPECT_GT(states, 500U);
  RecordProperty("states", static_cast<int>(states));
}

INSTANTIATE_TEST_SUITE_P(FileSystems, StoreCrashReplacing, testing::Bool());

/// Refuses one step.
class StoreRefusal : public StoreCrash {
 protected:
  /// @returns  false when the story has no step of that number
  bool refuse(std::size_t number, int reason) {
    fs::remove_all(root());
    fs::create_directory(root());
    std::size_t seen = 0;
    bool armed = false;
    bool refused = false;
    const RecordedFiles files({.can_exchange = true, .before = [&](const FileStep& step) {
                                 if (!armed || seen++ != number) return;
                                 refused = true;
                                 throw_file_error(step.path, "do it", reason);
                               }});
    const CheckpointStore store(run(), files);
    const std::uint64_t incarnation = store.take_incarnation();
    save(store, 3, incarnation, value_of(3));
    save(store, 6, incarnation, value_of(6));
    armed = true;
    bool published = false;
    try {
      save(store, 9, incarnation, value_of(9));
      published = true;
      apply_retention(store, {.keep_newest = 1, .keep_every = 0, .best = {{"psnr", {9}}}}, incarnation);
    } catch (const FileError&) {
    }
    const CheckpointStore later(run());
    const std::uint64_t next = later.take_incarnation();
    const auto found = later.newest_intact();
    EXPECT_TRUE(found) << number;
    if (!found) return refused;
    const std::int64_t iteration = found->manifest().iteration;
    EXPECT_TRUE(iteration == 9 || (iteration == 6 && !published)) << iteration << " after step " << number;
    save(later, 12, next, value_of(12));
    EXPECT_EQ(later.newest_intact()->manifest().iteration, 12) << number;
    for (const auto& entry : fs::directory_iterator(run() / "checkpoints"))
      EXPECT_NE(entry.path().filename().string().front(), '.') << entry.path() << " is left behind";
    return refused;
  }
};

TEST_F(StoreRefusal, OfAnyStepForAnyReasonKeepsACheckpoint) {
  for (const int reason : {ENOSPC, EROFS, EIO, ESTALE}) {
    std::size_t number = 0;
    while (refuse(number, reason)) ++number;
    EXPECT_GT(number, 40U);
  }
}

}  // namespace
}  // namespace understudy
