// Flips, cuts and losses anywhere in a run's directory: what a resume goes on from is exactly a checkpoint that the run
// wrote, or the resume says which file keeps it from going on.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "checkpoints/incarnation.h"
#include "checkpoints/report.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/trainer/toy_run.h"
#include "trainer/faults/roll_backs.h"
#include "trainer/saving/checkpoint_saver.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr int kTrials = 5000;
constexpr std::int64_t kLast = 12;
constexpr int kKept = 4;                  // checkpoints
constexpr std::uint64_t kSmallPart = 64;  // cuts the optimisers' state into several parts

/// Every number of the state, "completed" and the stopping rule included.
std::string text_of(ToyRun& run) {
  std::string all = fmt::format("{} {}\n", run.state.completed, run.stopping.state());
  for (const NamedTensors& tensors : {run.recipe.state(), run.engine.optimizer_state()}) {
    for (const auto& [name, tensor] : tensors) {
      const at::Tensor whole = tensor.detach().contiguous();
      all += name;
      all.append(static_cast<const char*>(whole.const_data_ptr()), whole.nbytes());
    }
  }
  return all;
}

std::string read_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), std::ssize(bytes));
}

/// What became of a file.
struct Damage {
  std::string description;
  std::optional<std::string> bytes;  ///< nothing: removed
};

/// A run of two starts with checkpoints after 3, 6, 9 and 12 iterations, and everything else that a run leaves.
class RunDamage : public testing::Test {
 protected:
  RunDamage() {
    fs::create_directories(run_);
    ToyRun training(kKept);
    std::int64_t metrics_bytes = 0;
    std::int64_t events_bytes = 0;
    for (int start = 0; start < 2; ++start) {
      const std::uint64_t incarnation = store_.take_incarnation();
      JsonLines metrics(run_ / "metrics.jsonl", metrics_bytes);
      EventFile events(run_ / kEventsName, events_bytes);
      for (int i = 0; i < 6; ++i) {
        training.step();
        metrics.append(
            metrics_line(training.state.completed - 1, "train", {{"total", 1.0 / training.state.completed}}));
        events.add_scalars("train/", {{"total", 1.0}}, training.state.completed, 0.0);
        if (training.state.completed % 3 == 0) save(training, incarnation, metrics, events);
      }
      metrics_bytes = metrics.bytes();
      events_bytes = events.bytes();
      metrics.append("{\"iteration\": 12, \"of\": \"a start that was killed\"}");
    }
    for (const std::uint64_t sample : {36U, 50U}) {
      RollBack decision{.report = {.iteration = 7, .faults = {{.rank = 1, .what = "loss of generator is not finite"}}}};
      decision.report.faults[0].micro_batch = 2;
      decision.report.faults[0].episodes = {
          {.sample = sample, .set = "sets/a", .identity = "id1", .clip = "id1#v#0", .frames = {3, 9}}};
      add_roll_back(run_, decision, system_files());
    }
    for (const char* name : {"run.toml",
                             "timing.jsonl",
                             "environment.json",
                             "outcome.json",
                             "history.jsonl",
                             "status.log",
                             "samples/000000012.png"}) {
      fs::create_directories((run_ / name).parent_path());
      write_bytes(run_ / name, fmt::format("what {} says", name));
    }
    for (const auto& entry : fs::recursive_directory_iterator(run_)) {
      if (entry.is_regular_file()) whole_[fs::relative(entry.path(), run_).string()] = read_bytes(entry.path());
    }
  }

  void save(ToyRun& training, std::uint64_t incarnation, JsonLines& metrics, EventFile& events) {
    training.stopping.observe("train", training.state.completed, static_cast<double>(training.state.completed));
    const RunIdentity identity{.config = "text", .data_fingerprints = {{"train", "abc"}}, .incarnation = incarnation};
    CheckpointSaver saver(
        store_,
        incarnation,
        training.recipe.state(),
        training.engine.optimizer_state(),
        [&] {
          metrics.sync();
          events.sync();
        },
        *training.ranks,
        training.heartbeat,
        kSmallPart);
    saver.begin(order_checkpoint(identity, training.state, metrics, events, training.config));
    saver.finish();
    states_[training.state.completed] = text_of(training);
    vouched_[training.state.completed] = read_bytes(run_ / "metrics.jsonl");
  }

  /// As open_run resumes. @returns the iteration that it goes on from, with the state in `resumed_` and `excluded_`
  std::int64_t resume() {
    excluded_ = samples_excluded_by(read_roll_backs(run_));
    const std::optional<LoadedCheckpoint> found = store_.newest_intact();
    if (!found) throw CheckpointError("no intact checkpoint is left");
    resumed_.state.completed = -1;
    {
      const at::NoGradGuard no_grad;
      for (const auto& [name, tensor] : resumed_.recipe.state()) at::Tensor(tensor).fill_(std::nan(""));
    }
    load_run_state(*found, resumed_.state);
    const Manifest& manifest = found->manifest();
    JsonLines metrics(run_ / "metrics.jsonl",
                      static_cast<std::int64_t>(manifest.metrics_bytes),
                      system_files(),
                      manifest.metrics_sha256);
    EventFile events(run_ / kEventsName, static_cast<std::int64_t>(manifest.events_bytes));
    return resumed_.state.completed;
  }

  Damage damage(const std::string& name, std::mt19937_64& random) const {
    const std::string& before = whole_.at(name);
    const auto below = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
    std::string bytes = before;
    const std::size_t place = below(bytes.size());
    switch (below(7)) {
      case 0: {
        const auto bit = below(8);
        bytes[place] = static_cast<char>(bytes[place] ^ (1 << bit));
        return {fmt::format("bit {} of byte {} flipped", bit, place), bytes};
      }
      case 1: {
        const std::size_t count = std::min(1 + below(16), bytes.size() - place);
        for (std::size_t i = 0; i < count; ++i) bytes[place + i] = static_cast<char>(below(256));
        return {fmt::format("{} other bytes from {}", count, place), bytes};
      }
      case 2:
        return {fmt::format("cut to {} bytes", place), bytes.substr(0, place)};
      case 3: {
        const std::size_t count = std::min(1 + below(512), bytes.size() - place);
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(place), count, '\0');
        return {fmt::format("{} zeros from {}", count, place), bytes};
      }
      case 4: {
        const std::size_t count = 1 + below(64);
        for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>(below(256));
        return {fmt::format("{} bytes more", count), bytes};
      }
      case 5:
        return {"removed", std::nullopt};
      default: {
        const std::string other = neighbour(name, random);
        return {"replaced by " + other, whole_.at(other)};
      }
    }
  }

  /// A file of the same folder, or of the folder beside it where there is none.
  std::string neighbour(const std::string& name, std::mt19937_64& random) const {
    std::vector<std::string> others;
    for (const auto& [other, bytes] : whole_) {
      if (other != name && fs::path(other).parent_path() == fs::path(name).parent_path()) others.push_back(other);
    }
    return others.empty() ? "run.toml" : others[random() % others.size()];
  }

  void apply(const std::string& name, const Damage& damage) const {
    damage.bytes ? write_bytes(run_ / name, *damage.bytes) : static_cast<void>(fs::remove(run_ / name));
  }

  void restore(const std::string& name) const {
    for (const std::string& file : {name, std::string("metrics.jsonl"), std::string(kEventsName)})
      write_bytes(run_ / file, whole_.at(file));
  }

  /// What was resumed is what the run wrote after that iteration, logs included.
  void expect_exact(std::int64_t iteration) {
    ASSERT_TRUE(states_.contains(iteration));
    EXPECT_TRUE(text_of(resumed_) == states_.at(iteration)) << "the state after " << iteration << " is not the run's";
    EXPECT_EQ(read_bytes(run_ / "metrics.jsonl"), vouched_.at(iteration));
  }

  /// A part or manifest of a checkpoint: verification names the file, a resume takes the newest of the others.
  void expect_checkpoint_damage_found(const std::string& name) {
    const std::int64_t damaged = std::stoll(fs::path(name).parent_path().filename().string());
    EXPECT_THAT(verify_checkpoints(run_).text, HasSubstr((run_ / name).string()));
    const std::int64_t iteration = resume();
    EXPECT_EQ(iteration, damaged == kLast ? kLast - 3 : kLast);
    expect_exact(iteration);
  }

  /// The fence of a start: it may keep checkpoints from being trusted, never the other way round.
  void expect_safe_without_fence(const std::string& name) {
    try {
      expect_exact(resume());
    } catch (const CheckpointError& refused) {
      EXPECT_THAT(refused.what(), HasSubstr((run_ / name).string()));
    }
  }

  /// The log is found changed where the checkpoint vouches for it; whatever comes after is cut off as always.
  void expect_log_damage_found(const std::string& name, const Damage& damage) {
    const std::string& vouched = vouched_.at(kLast);
    if (damage.bytes && damage.bytes->starts_with(vouched)) {
      EXPECT_EQ(resume(), kLast);
      return expect_exact(kLast);
    }
    try {
      resume();
      ADD_FAILURE() << "was not found";
    } catch (const CheckpointError& refused) {
      EXPECT_THAT(refused.what(), HasSubstr((run_ / name).string()));
    }
  }

  /// Decisions that are gone are made again where the fault shows again; none is ever read as another one.
  void expect_no_other_decision(const std::string& name) {
    try {
      expect_exact(resume());
      const std::vector<std::int64_t> decided{36, 50};
      EXPECT_TRUE(std::equal(excluded_.begin(), excluded_.end(), decided.begin()));
    } catch (const CheckpointError& refused) {
      EXPECT_THAT(refused.what(), HasSubstr((run_ / name).string()));
    }
  }

  void check(const std::string& name, const Damage& damage) {
    if (name.starts_with("checkpoints/")) return expect_checkpoint_damage_found(name);
    if (name.starts_with("incarnations/")) return expect_safe_without_fence(name);
    if (name == kRollBacksName) return expect_no_other_decision(name);
    if (name == "metrics.jsonl") return expect_log_damage_found(name, damage);
    // Nothing of the rest takes part in a resume: run.toml is compared with the manifest's text where `train` is
    // given it, the TensorBoard file has checksums of its own and begins anew when it is short, links in best/ are
    // made again.
    EXPECT_EQ(resume(), kLast);
    expect_exact(kLast);
  }

  TemporaryFolder place_{memory_folder()};
  fs::path run_ = place_.path() / "run";
  CheckpointStore store_{run_};
  std::map<std::string, std::string> whole_;     ///< every file of the run
  std::map<std::int64_t, std::string> states_;   ///< after each checkpoint
  std::map<std::int64_t, std::string> vouched_;  ///< metrics.jsonl then
  std::vector<std::int64_t> excluded_;           ///< samples, by the last resume
  ToyRun resumed_{kKept};
};

/// What is logged while it lives.
class CapturedLog {
 public:
  CapturedLog() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
  }
  ~CapturedLog() { spdlog::set_default_logger(before_); }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

TEST_F(RunDamage, IsFoundInEveryFileThatNumbersComeFrom) {
  const CapturedLog quiet;
  ASSERT_EQ(resume(), kLast);
  expect_exact(kLast);
  restore("metrics.jsonl");
  std::vector<std::string> names;
  for (const auto& [name, bytes] : whole_) names.push_back(name);
  const auto parts = std::ssize(read_manifest(store_.folder_of(kLast)).parts);
  ASSERT_GT(parts, 3) << "the optimisers' state is one part";
  ASSERT_EQ(std::ssize(names), 4 * (parts + 1) + 2 + 10) << "checkpoints, starts, and the rest";
  const char* seed_text = std::getenv("UNDERSTUDY_DAMAGE_SEED");
  const std::uint64_t seed = seed_text != nullptr ? std::stoull(seed_text) : 1;
  std::map<std::string, int> trials;
  int applied = 0;
  for (std::uint64_t trial = 0; applied < kTrials && !HasFailure(); ++trial) {
    std::mt19937_64 random(seed * 1'000'003 + trial);
    const std::string& name = names[random() % names.size()];
    const Damage done = damage(name, random);
    if (done.bytes == whole_.at(name)) continue;  // zeros over zeros
    SCOPED_TRACE(fmt::format("UNDERSTUDY_DAMAGE_SEED={}, trial {}: {}: {}", seed, trial, name, done.description));
    apply(name, done);
    check(name, done);
    restore(name);
    ++trials[name];
    ++applied;
  }
  for (const std::string& name : names) EXPECT_GT(trials[name], 100) << name;
}

TEST_F(RunDamage, OfTheTwoNewestCheckpointsLeavesTheThird) {
  apply("checkpoints/000000012/model.safetensors",
        {"cut", whole_.at("checkpoints/000000012/model.safetensors").substr(0, 90)});
  apply("checkpoints/000000012/trainer.json", {"removed", std::nullopt});
  const std::string part = "checkpoints/000000009/optimizer-00002-of-00002.safetensors";
  std::string flipped = whole_.at(part);
  flipped.back() = static_cast<char>(flipped.back() ^ 1);
  apply(part, {"flipped", flipped});
  const CapturedLog log;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(resume(), 6);
  // A deadline, not a measure: no more than reading a few small files may take on a busy machine.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  expect_exact(6);
  EXPECT_THAT(log.text(),
              AllOf(HasSubstr("000000012/model.safetensors: has 90 bytes"),
                    HasSubstr("000000012/trainer.json: is missing"),
                    HasSubstr(part + ": SHA-256")));
  fmt::print("falling back over two damaged checkpoints took {:.1f} ms\n", 1000 * taken.count());
}

TEST_F(RunDamage, OfEveryCheckpointEndsTheResume) {
  for (const std::int64_t iteration : store_.list()) fs::resize_file(store_.folder_of(iteration) / kModelPart, 10);
  const CapturedLog log;
  EXPECT_THROW(resume(), CheckpointError);
}

}  // namespace
}  // namespace understudy
