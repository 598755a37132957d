#include "trainer/trainer.h"

#include <future>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/store.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/recorded_files.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/validate_run.h"
#include "trainer/watching/run_log.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// A detector's run of three iterations on noise.
class TrainerTest : public testing::Test {
 protected:
  TrainerTest() { write_tiny_set(place_.path() / "set", {.side = 32}); }

  TrainRequest request(const std::string& name) const {
    const std::string set = (place_.path() / "set").string();
    TrainRequest request;
    request.config_text =
        "[recipe]\nname = \"keypoints\"\n[run]\nmax_iterations = 3\nlog_every = 1\nsample_every = 0\n"
        "[batch]\nglobal_batch = 4\nmicro_batch = 2\n[optimizer]\nwarmup_iterations = 0\n"
        "[validation]\nevery = 2\nepisodes = 3\n[cluster]\nthreads_per_rank = 1\n"
        "[data]\ntrain = \"" +
        set + "\"\nvalidation = \"" + set + "\"\n" + kTinyModel;
    request.config_name = "tiny.toml";
    request.run_directory = place_.path() / name;
    return request;
  }

  Outcome run(const TrainRequest& request, bool stop = false) const {
    const auto rank = single_rank();
    Heartbeat heartbeat;
    return train(request, {*rank, heartbeat, [stop] { return stop; }});
  }

  fs::path run_folder(const std::string& name) const { return place_.path() / name; }
  std::string model_after(const std::string& name, std::int64_t iteration) const {
    return read_file(CheckpointStore(run_folder(name)).open(iteration).folder() / kModelPart);
  }

  TemporaryFolder place_;
};

TEST_F(TrainerTest, ResumesToTheSameBits) {
  EXPECT_EQ(run(request("whole")).code, ExitCode::kDone);
  TrainRequest first = request("halves");
  first.until = 1;
  run(first);
  EXPECT_EQ(CheckpointStore(run_folder("halves")).list().back(), 1);
  EXPECT_EQ(run(request("halves")).code, ExitCode::kDone);
  EXPECT_EQ(model_after("halves", 3), model_after("whole", 3));
  EXPECT_EQ(read_file(run_folder("halves") / "metrics.jsonl"), read_file(run_folder("whole") / "metrics.jsonl"));
}

TEST_F(TrainerTest, SavesAndAsksToBeRunAgainWhenStopped) {
  EXPECT_EQ(run(request("run"), /*stop=*/true).code, ExitCode::kRunAgain);
  EXPECT_EQ(CheckpointStore(run_folder("run")).list().size(), 1U);
}

TEST_F(TrainerTest, EndsInTheSameBitsWhereverItWasStopped) {
  const auto with_samples = [&](const std::string& name) {
    TrainRequest asked = request(name);
    asked.overrides = {{.key = "run.sample_every", .value = "2"}};
    return asked;
  };
  const auto rank = single_rank();
  Heartbeat heartbeat;
  run(with_samples("whole"));
  const std::string metrics = read_file(run_folder("whole") / "metrics.jsonl");
  bool stopped = true;
  // The run asks in every iteration, before every part of a validation and before every row of a sample picture.
  for (int moment = 1; stopped; ++moment) {
    const std::string name = fmt::format("stopped-{}", moment);
    int questions = 0;
    const Outcome first = train(with_samples(name), {*rank, heartbeat, [&] { return ++questions >= moment; }});
    stopped = questions >= moment;
    if (stopped) EXPECT_EQ(questions, moment) << "asked again after it was told to stop";
    EXPECT_EQ(run(with_samples(name)).code, ExitCode::kDone);
    EXPECT_EQ(read_file(run_folder(name) / "metrics.jsonl"), metrics) << moment << ": " << first.message;
    EXPECT_EQ(model_after(name, 3), model_after("whole", 3)) << moment;
    EXPECT_TRUE(fs::exists(run_folder(name) / "samples" / (checkpoint_name(2) + ".png"))) << moment;
    EXPECT_TRUE(CheckpointStore(run_folder(name)).problems_of(2).empty()) << "the best one is kept";
  }
}

TEST_F(TrainerTest, SkipsASaveWhileAnotherIsUnderWayWhereItIsToldTo) {
  TrainRequest asked = request("run");
  asked.overrides = {{.key = "checkpoints.every", .value = "1"},
                     {.key = "checkpoints.when_busy", .value = "skip"},
                     {.key = "validation.every", .value = "0"}};
  std::promise<void> third_iteration;
  const std::shared_future<void> in_third_iteration = third_iteration.get_future().share();
  const RecordedFiles files({.before = [&](const FileStep& step) {
    if (step.kind == FileStep::Kind::kCreate && step.path.parent_path().filename() == ".tmp-000000001-1")
      in_third_iteration.wait();
  }});
  asked.files = &files;
  int questions = 0;
  const auto rank = single_rank();
  Heartbeat heartbeat;
  train(asked, {*rank, heartbeat, [&] {
                  if (++questions == 3) third_iteration.set_value();
                  return false;
                }});
  EXPECT_THAT(CheckpointStore(run_folder("run")).list(), testing::ElementsAre(1, 3));
}

TEST_F(TrainerTest, KeepsTheSpareOfACheckpointThatWentBadBeforeThisStart) {
  const auto ended = [&](const std::string& name, bool damage) {
    TrainRequest asked = request(name);
    asked.overrides = {{.key = "checkpoints.every", .value = "1"}, {.key = "validation.every", .value = "0"}};
    run(asked);
    const CheckpointStore store(run_folder(name));
    if (damage) fs::resize_file(store.folder_of(2) / kModelPart, 100);
    asked.overrides.push_back({.key = "checkpoints.keep_newest", .value = "2"});
    run(asked);
    return store.list();
  };
  EXPECT_THAT(ended("sound", false), testing::ElementsAre(2, 3));
  EXPECT_THAT(ended("damaged", true), testing::ElementsAre(1, 2, 3));
}

TEST_F(TrainerTest, RefusesToResumeAnotherMethod) {
  TrainRequest first = request("run");
  first.until = 1;
  run(first);
  TrainRequest changed = request("run");
  changed.overrides = {{.key = "run.seed", .value = "9"}};
  EXPECT_THAT([&] { run(changed); }, ThrowsMessage<ConfigError>(HasSubstr("run.seed")));
  TrainRequest fresh = request("run");
  fresh.fresh = true;
  EXPECT_THROW(run(fresh), ConfigError);
}

TEST_F(TrainerTest, LeavesCheckpointsThatValidateAsTheRunDid) {
  run(request("run"));
  const auto rank = single_rank();
  Heartbeat heartbeat;
  const std::vector<Term> terms =
      validate_run(run_folder("run"), "best", {*rank, heartbeat, [] { return false; }}).value();
  ASSERT_EQ(terms.size(), 1U);
  EXPECT_EQ(terms[0].first, "point_error");
  EXPECT_THAT(read_file(run_folder("run") / "metrics.jsonl"), HasSubstr(validation_line(2, "train", 3, terms)));
}

}  // namespace
}  // namespace understudy
