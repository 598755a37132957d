// Faults put into a run of a tiny recipe, at random places.
#include <array>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/store.h"
#include "clusters/gradient_tree.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/philox.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/thread_ranks.h"
#include "tests/support/tiny_set.h"
#include "tests/trainer/injected_recipe.h"
#include "trainer/faults/roll_backs.h"
#include "trainer/trainer.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kIterations = 8;

class InjectedFaults : public testing::Test {
 protected:
  InjectedFaults() { write_tiny_set(place_.path() / "set", {.landmarks = false}); }

  TrainRequest request(const std::string& name, const std::vector<std::int64_t>& exclude = {}) const {
    TrainRequest request;
    request.config_text = fmt::format(
        "[recipe]\nname = \"injected\"\n[run]\nmax_iterations = {}\nlog_every = 1\nsample_every = 0\n"
        "[trainer]\non_nonfinite = \"rollback\"\ndrift_every = 1\n"
        "[batch]\nglobal_batch = {}\nmicro_batch = {}\n[checkpoints]\nevery = 3\n[validation]\nevery = 0\n"
        "[cluster]\nthreads_per_rank = 1\ndevice = \"cpu\"\n"
        "[data]\ntrain = \"{}\"\nloader_threads = 1\nread_threads = 0\nexclude = [{}]\n",
        kIterations,
        kGlobalBatch,
        kMicroBatch,
        (place_.path() / "set").string(),
        fmt::join(exclude, ", "));
    request.config_name = "injected.toml";
    request.run_directory = folder(name);
    return request;
  }

  static Outcome run(const TrainRequest& request, int world_size) {
    Outcome outcome;
    run_on_thread_ranks(world_size, [&](Communicator& ranks) {
      rank_of_thread = ranks.rank();
      Heartbeat heartbeat;
      const Outcome own = train(request, {ranks, heartbeat, [] { return false; }});
      if (ranks.rank() == 0) outcome = own;
    });
    return outcome;
  }

  fs::path folder(const std::string& name) const { return place_.path() / name; }

  /// All that a run computed, and its configuration.
  std::string result(const std::string& name) const {
    const fs::path checkpoint = CheckpointStore(folder(name)).open(kIterations).folder();
    std::string all = read_file(folder(name) / "metrics.jsonl") + read_file(folder(name) / "run.toml");
    for (const std::string_view part : {kModelPart, kOptimizerPart, kTrainerPart}) all += read_file(checkpoint / part);
    return all;
  }

  /// The result of an undisturbed run that excludes these samples from its start.
  std::string expected(const std::vector<std::int64_t>& exclude) {
    const std::string name = fmt::format("plain-{}", fmt::join(exclude, "-"));
    if (!fs::exists(folder(name))) {
      const InjectedKind kind = std::exchange(injection.kind, exclude.empty() ? InjectedKind::kNone : injection.kind);
      run(request(name, exclude), 1);
      injection.kind = kind;
      EXPECT_THAT(read_roll_backs(folder(name)), IsEmpty());
    }
    return result(name);
  }

  TemporaryFolder place_;
};

int owner_of(std::int64_t micro_batch, int world_size) {
  const std::vector<MicroBatchRun> shares = plan_micro_batches(kGlobalBatch / kMicroBatch, world_size);
  for (int rank = 0; rank < world_size; ++rank) {
    const MicroBatchRun& share = shares[static_cast<std::size_t>(rank)];
    if (micro_batch >= share.begin && micro_batch < share.begin + share.count) return rank;
  }
  return -1;
}

std::vector<std::int64_t> samples_of_micro_batch() {
  std::vector<std::int64_t> samples;
  for (std::int64_t i = 0; i < kMicroBatch; ++i)
    samples.push_back(injection.iteration * kGlobalBatch + injection.micro_batch() * kMicroBatch + i);
  return samples;
}

struct Expectation {
  std::vector<int> ranks;
  std::string what;
  std::vector<std::int64_t> samples;
};

Expectation expectation(int world_size) {
  const std::vector<int> owner{owner_of(injection.micro_batch(), world_size)};
  std::vector<int> all;
  for (int rank = 0; rank < world_size; ++rank) all.push_back(rank);
  switch (injection.kind) {
    case InjectedKind::kInput:
      return {owner, "input x is not finite", samples_of_micro_batch()};
    case InjectedKind::kGradient:
      return {owner, "gradient of generator weight is not finite", samples_of_micro_batch()};
    case InjectedKind::kJudge:
      return {owner, "gradient of judge vector is not finite", samples_of_micro_batch()};
    case InjectedKind::kSharedWeight:
      return {all, "weight of generator weight is not finite", {}};
    default:
      return {{injection.rank}, "weight of judge vector is not finite", {}};
  }
}

TEST_F(InjectedFaults, AHundredAreNamedInTheirIterationAndRolledBackToTheBitsOfARunWithoutTheirEpisodes) {
  constexpr std::array kKinds{InjectedKind::kInput,
                              InjectedKind::kGradient,
                              InjectedKind::kJudge,
                              InjectedKind::kSharedWeight,
                              InjectedKind::kWeightOfRank};
  constexpr std::array kWorlds{1, 2, 4};
  Draws draws(2026, Purpose::kTest, 0);
  for (int number = 0; number < 100; ++number) {
    const int world_size = kWorlds[draws.below(kWorlds.size())];
    inject(kKinds[static_cast<std::size_t>(number) % kKinds.size()],
           draws.below(kIterations),
           draws.below(kGlobalBatch),
           static_cast<int>(draws.below(static_cast<std::uint32_t>(world_size))));
    const std::string name = fmt::format("case-{}", number);
    SCOPED_TRACE(
        fmt::format("{}: iteration {}, slot {}, {} ranks", name, injection.iteration, injection.slot, world_size));
    EXPECT_EQ(run(request(name), world_size).code, ExitCode::kDone);

    const Expectation wanted = expectation(world_size);
    const std::vector<RollBack> roll_backs = read_roll_backs(folder(name));
    ASSERT_EQ(roll_backs.size(), 1U);
    EXPECT_EQ(roll_backs[0].report.iteration, injection.iteration);
    EXPECT_EQ(roll_backs[0].report.samples(), wanted.samples);
    std::vector<int> ranks;
    for (const Fault& fault : roll_backs[0].report.faults) {
      ranks.push_back(fault.rank);
      EXPECT_EQ(fault.what, wanted.what);
      EXPECT_EQ(fault.micro_batch.has_value(), !wanted.samples.empty());
      if (fault.micro_batch) EXPECT_EQ(*fault.micro_batch, injection.micro_batch());
      EXPECT_EQ(fault.batch.empty() || fs::exists(fault.batch), true);
    }
    EXPECT_EQ(ranks, wanted.ranks);
    EXPECT_EQ(result(name) == expected(wanted.samples), true) << "other bits";
    fs::remove_all(folder(name));
  }
}

TEST_F(InjectedFaults, ThreeRollBacksWithoutProgressEndTheRun) {
  inject(InjectedKind::kPlace, 4, 5, 0);
  try {
    run(request("run"), 2);
    FAIL() << "went on";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("3 roll-backs in a row"), HasSubstr("rank 1: input x is not finite")));
  }
  const std::vector<RollBack> roll_backs = read_roll_backs(folder("run"));
  ASSERT_EQ(roll_backs.size(), 4U);
  EXPECT_TRUE(roll_backs[3].gave_up);
  const std::int64_t stand_in = std::int64_t{1} << 48;
  EXPECT_THAT(roll_backs[2].report.samples(), ElementsAre(36 + 2 * stand_in, 37 + 2 * stand_in));
  inject(InjectedKind::kNone, 0, 0, 0);
  EXPECT_EQ(run(request("run"), 2).code, ExitCode::kDone) << "whoever mended it goes on";
}

TEST_F(InjectedFaults, StopEndsTheRunAndSkipLeavesOutTheStep) {
  inject(InjectedKind::kJudge, 2, 3, 0);
  TrainRequest stop = request("stop");
  stop.overrides = {{.key = "trainer.on_nonfinite", .value = "stop"}};
  EXPECT_THROW(run(stop, 2), NonFiniteError);
  TrainRequest skip = request("skip");
  skip.overrides = {{.key = "trainer.on_nonfinite", .value = "skip"}};
  EXPECT_EQ(run(skip, 2).code, ExitCode::kDone);
  EXPECT_THAT(read_roll_backs(folder("skip")), IsEmpty());
  inject(InjectedKind::kSharedWeight, 2, 3, 0);
  TrainRequest weight = request("weight");
  weight.overrides = skip.overrides;
  EXPECT_THROW(run(weight, 2), NonFiniteError) << "no later step would mend a weight";
}

TEST_F(InjectedFaults, TenSkippedStepsInARowEndTheRun) {
  inject(InjectedKind::kEver, 3, 0, 0);
  TrainRequest skip = request("skip");
  skip.overrides = {{.key = "trainer.on_nonfinite", .value = "skip"}, {.key = "run.max_iterations", .value = "20"}};
  try {
    run(skip, 2);
    FAIL() << "went on";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("at iteration 12"), HasSubstr("10 steps in a row were skipped")));
  }
}

TEST_F(InjectedFaults, ADriftedReplicaIsNamedAndTheRunGoesBack) {
  for (const int world_size : {2, 4}) {
    inject(InjectedKind::kDrift, 4, 0, 1);
    const std::string name = fmt::format("drift-{}", world_size);
    EXPECT_EQ(run(request(name), world_size).code, ExitCode::kDone);
    const std::vector<RollBack> roll_backs = read_roll_backs(folder(name));
    ASSERT_EQ(roll_backs.size(), 1U);
    EXPECT_EQ(roll_backs[0].report.iteration, 5) << "finished iterations";
    std::vector<int> ranks;
    for (const Fault& fault : roll_backs[0].report.faults) {
      ranks.push_back(fault.rank);
      EXPECT_THAT(fault.what, HasSubstr(" in weight"));
    }
    EXPECT_EQ(ranks, world_size == 2 ? std::vector({0, 1}) : std::vector({1}));
    EXPECT_EQ(result(name) == expected({}), true);
  }
}

TEST_F(InjectedFaults, ADriftedReplicaEndsTheRunWhereNothingIsRolledBack) {
  inject(InjectedKind::kDrift, 4, 0, 3);
  TrainRequest stop = request("run");
  stop.overrides = {{.key = "trainer.on_nonfinite", .value = "stop"}, {.key = "trainer.drift_every", .value = "100"}};
  try {
    run(stop, 4);
    FAIL() << "went on";
  } catch (const ClusterError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("rank 3: the replica differs"), HasSubstr("at iteration 6")));
  }
  EXPECT_EQ(CheckpointStore(folder("run")).list().back(), 3) << "a checkpoint of drifted weights";
}

TEST_F(InjectedFaults, NoCheckpointIsWrittenOfWhatIsNotFinite) {
  inject(InjectedKind::kBufferAtEnd, 5, 0, 1);
  TrainRequest stop = request("run");
  stop.overrides = {{.key = "trainer.on_nonfinite", .value = "stop"}, {.key = "trainer.drift_every", .value = "0"}};
  EXPECT_THROW(run(stop, 2), NonFiniteError);
  EXPECT_EQ(CheckpointStore(folder("run")).list().back(), 3);
}

TEST_F(InjectedFaults, ARunThatDiedAfterItsDecisionGoesOnWithTheSameEpisodesExcluded) {
  inject(InjectedKind::kInput, 4, 5, 0);
  EXPECT_EQ(run(request("run"), 2).code, ExitCode::kDone);
  const std::string decided = read_file(folder("run") / kRollBacksName);
  // What is there when the run dies between the decision and the next checkpoint.
  TrainRequest first = request("killed");
  first.until = 3;
  run(first, 2);
  write_file_atomically(folder("killed") / kRollBacksName, decided);
  EXPECT_EQ(run(request("killed"), 1).code, ExitCode::kDone);
  EXPECT_EQ(read_file(folder("killed") / kRollBacksName), decided) << "rolled back again";
  EXPECT_EQ(result("killed") == expected({36, 37}), true);
}

TEST_F(InjectedFaults, AResumeKeepsWhatWasExcludedAndTakesTheConfigurationForUnchanged) {
  inject(InjectedKind::kInput, 1, 5, 0);
  TrainRequest first = request("run");
  first.until = 6;
  run(first, 2);
  TrainRequest more = request("run", {99});
  EXPECT_THROW(run(more, 2), ConfigError) << "another method";
  fs::remove(folder("run") / kRollBacksName);  // the checkpoint knows it, too
  EXPECT_EQ(run(request("run"), 2).code, ExitCode::kDone);
  EXPECT_EQ(result("run") == expected({12, 13}), true);
}

TEST_F(InjectedFaults, FreshMeansTheFirstAttemptAlone) {
  inject(InjectedKind::kInput, 4, 5, 0);
  TrainRequest fresh = request("run");
  fresh.fresh = true;
  EXPECT_EQ(run(fresh, 1).code, ExitCode::kDone);
  EXPECT_THROW(run(fresh, 1), ConfigError);
  fs::remove_all(folder("run") / "checkpoints");
  EXPECT_THROW(run(fresh, 1), ConfigError) << "roll-backs are left, which exclude samples";
}

TEST_F(InjectedFaults, ASpikeIsRolledBackAlikeWhereverTheRunWasStopped) {
  inject(InjectedKind::kLoud, 5, 3, 0);
  const auto with_spikes =
      [&](const std::string& name, std::optional<std::int64_t> until, const std::vector<std::int64_t>& exclude = {}) {
        TrainRequest asked = request(name, exclude);
        asked.overrides = {{.key = "trainer.spike_threshold", .value = "100"},
                           {.key = "trainer.spike_window", .value = "4"}};
        asked.until = until;
        run(asked, 2);
      };
  with_spikes("whole", {});
  const std::vector<RollBack> roll_backs = read_roll_backs(folder("whole"));
  ASSERT_EQ(roll_backs.size(), 1U);
  EXPECT_EQ(roll_backs[0].report.iteration, 5);
  EXPECT_EQ(roll_backs[0].report.samples(), samples_of_micro_batch());
  with_spikes("without", {}, samples_of_micro_batch());
  EXPECT_THAT(read_roll_backs(folder("without")), IsEmpty());
  EXPECT_EQ(result("whole") == result("without"), true);
  // The losses that a spike is told by are those of iterations 1 to 4.
  for (std::int64_t until = 1; until < kIterations; ++until) with_spikes("parts", until);
  with_spikes("parts", {});
  EXPECT_EQ(read_roll_backs(folder("parts")).size(), 1U);
  EXPECT_EQ(result("parts") == result("whole"), true);
}

}  // namespace
}  // namespace understudy
