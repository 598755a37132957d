#include "trainer/preflight/run_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"
#include "tests/trainer/tiny_run.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A detector's run on noise, with people of its own for validation.
class RunCheckTest : public testing::Test {
 protected:
  RunCheckTest() {
    write_tiny_set(place_.path() / "set", {.side = 32});
    request_.train.config_text =
        "[recipe]\nname = \"keypoints\"\n[run]\nmax_iterations = 4\nlog_every = 1\nsample_every = 0\n"
        "[batch]\nglobal_batch = 4\nmicro_batch = 2\n[optimizer]\nwarmup_iterations = 0\n"
        "[validation]\nevery = 2\nepisodes = 3\n[checkpoints]\nevery = 2\n[cluster]\nthreads_per_rank = 1\n"
        "[data]\nloader_threads = 1\ntrain = \"" +
        (place_.path() / "set").string() + "\"\n" + kTinyModel;
    request_.train.config_name = "tiny.toml";
    request_.train.run_directory = place_.path() / "run";
    request_.machine = {.cores = 4, .memory_bytes = std::int64_t{1} << 40};
  }

  void set(const std::string& key, const std::string& value) {
    request_.train.overrides.push_back({.key = key, .value = value});
  }
  std::vector<std::string> problems() const { return check_run(request_).findings.problems.messages(); }
  std::vector<std::string> warnings() const { return check_run(request_).findings.warnings.messages(); }
  void train_two_iterations() const {
    TrainRequest train = request_.train;
    train.until = 2;
    const auto rank = single_rank();
    Heartbeat heartbeat;
    understudy::train(train, {*rank, heartbeat, [] { return false; }});
  }

  TemporaryFolder place_;
  RunCheckRequest request_;
};

TEST_F(RunCheckTest, FindsNothingWrongWithAGoodRun) {
  const RunCheck check = check_run(request_);
  EXPECT_THAT(check.findings.problems.messages(), IsEmpty());
  EXPECT_THAT(check.findings.warnings.messages(), IsEmpty());
  ASSERT_EQ(check.sets.size(), 1U);
  EXPECT_EQ(check.sets[0].identities, 3U);
  EXPECT_EQ(check.sets[0].clips, 6U);
  EXPECT_EQ(check.sets[0].usable_frames, 24U);
  EXPECT_EQ(check.batch->micro_batches, 2);
  EXPECT_FALSE(fs::exists(request_.train.run_directory));
}

TEST_F(RunCheckTest, KnowsTheBytesOfACheckpointBeforeItIsWritten) {
  const std::int64_t told = check_run(request_).disk->checkpoint_bytes;
  train_two_iterations();
  const fs::path folder = CheckpointStore(request_.train.run_directory).open(2).folder();
  EXPECT_EQ(static_cast<std::uintmax_t>(told),
            fs::file_size(folder / kModelPart) + fs::file_size(folder / kOptimizerPart));
}

TEST_F(RunCheckTest, LooksAtAResumeAsTrainingWould) {
  train_two_iterations();
  RunCheck check = check_run(request_);
  EXPECT_THAT(check.findings.problems.messages(), IsEmpty());
  EXPECT_EQ(check.directory.newest->manifest().iteration, 2);
  EXPECT_EQ(check.length->iterations, 2);  // by its timing.jsonl
  set("run.seed", "5");
  EXPECT_THAT(problems(),
              ElementsAre(AllOf(HasSubstr("run.seed: 0 in the checkpoint, 5 now"), HasSubstr("--accept-change"))));
  request_.train.accept_change = true;
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_THAT(warnings(), Contains(HasSubstr("would be resumed with a change: run.seed")));
}

TEST_F(RunCheckTest, TellsEveryProblemAtOnceWithItsPlace) {
  set("data.train", "nowhere");
  set("validation.metric", "psnr");
  set("data.validation", (place_.path() / "set").string());
  request_.layout.nodes = 3;
  EXPECT_THAT(problems(),
              ElementsAre(AllOf(HasSubstr("--set: data.train"), HasSubstr("nowhere")),
                          AllOf(HasSubstr("--set: validation.metric"), HasSubstr("point_error")),
                          HasSubstr("3 ranks")));
}

TEST_F(RunCheckTest, LooksAtSetsEvenWhenTheConfigurationIsWrong) {
  set("batch.micro_batch", "3");
  set("data.train", "nowhere");
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("batch.global_batch"), HasSubstr("nowhere")));
}

TEST_F(RunCheckTest, ComparesWithTheMemoryOfTheMachine) {
  request_.machine.memory_bytes = std::int64_t{100} << 20;
  EXPECT_THAT(problems(), ElementsAre(AllOf(HasSubstr("batch.micro_batch"), HasSubstr("1 rank on a node"))));
  request_.layout.on_gpus = true;
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(RunCheckTest, WarnsOfPeopleInBothSets) {
  set("data.validation", (place_.path() / "set").string());
  EXPECT_THAT(warnings(), ElementsAre(AllOf(HasSubstr("3 of its 3 identities"), HasSubstr("id00, id01, id02"))));
}

TEST_F(RunCheckTest, LooksAtEverySetOfAMixture) {
  write_tiny_set(place_.path() / "other", {.identities = 2, .seed = 9});
  set("data.train", fmt::format("[{}, {}]", (place_.path() / "set").string(), (place_.path() / "other").string()));
  set("data.weights", "[3, 1]");
  const RunCheck check = check_run(request_);
  EXPECT_THAT(check.findings.problems.messages(), IsEmpty());
  ASSERT_EQ(check.sets.size(), 2U);
  EXPECT_EQ(check.sets[0].share, 0.75);
  EXPECT_EQ(check.sets[1].identities, 2U);
  EXPECT_EQ(check.sets[1].share, 0.25);
}

TEST_F(RunCheckTest, TellsEveryProblemOfAMixtureTogether) {
  set("data.train", "[nowhere, somewhere,, nor here]");
  set("data.weights", "[1, 0, 2]");
  EXPECT_THAT(problems(),
              ElementsAre(HasSubstr("data.train: entry 3 of 4 names no set"),
                          HasSubstr("data.weights: 0 is not positive"),
                          HasSubstr("data.weights: 3 weights, but data.train names 4 sets"),
                          HasSubstr("nowhere"),
                          HasSubstr("somewhere"),
                          HasSubstr("set.toml"),
                          HasSubstr("nor here")));
}

TEST_F(RunCheckTest, RefusesAResumeWithAnotherMixture) {
  write_tiny_set(place_.path() / "other", {.identities = 2, .seed = 9});
  const std::string set_path = (place_.path() / "set").string();
  const std::string other = (place_.path() / "other").string();
  set("data.train", fmt::format("[{}, {}]", set_path, other));
  train_two_iterations();
  EXPECT_THAT(problems(), IsEmpty());
  set("data.train", fmt::format("[{}, {}]", other, set_path));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("data.train: the set's contents have changed")));
  set("data.train", fmt::format("[{}, {}]", set_path, other));
  set("data.weights", "[2, 1]");
  EXPECT_THAT(problems(),
              ElementsAre(HasSubstr("data.weights: [] in the checkpoint, [2.0, 1.0] now"),
                          HasSubstr("data.train: the set's contents have changed")));
}

TEST_F(RunCheckTest, RefusesADirectoryThatIsAFile) {
  write_file_atomically(request_.train.run_directory, "");
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("is a file")));
}

}  // namespace
}  // namespace understudy
