// Faults put into a run of a tiny recipe, at random places. A program of its own, because its list of recipes takes the
// place of the trainer's.
#include <array>
#include <atomic>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "checkpoints/store.h"
#include "clusters/gradient_tree.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/philox.h"
#include "data_pipeline/excluded_samples.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/thread_ranks.h"
#include "tests/support/tiny_set.h"
#include "tests/support/toy_recipe.h"
#include "trainer/recipes/registry.h"
#include "trainer/roll_backs.h"
#include "trainer/trainer.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kIterations = 8;
constexpr std::int64_t kGlobalBatch = 8;
constexpr std::int64_t kMicroBatch = 2;
constexpr int kMostRanks = 4;

enum class Kind {
  kNone,
  kInput,         ///< a picture holds a number that is not finite whenever its sample is drawn
  kPlace,         ///< the same of whatever sample is drawn for a place
  kLoud,          ///< a picture is a hundred times too bright whenever its sample is drawn
  kGradient,      ///< the first player's gradient of the sample's micro-batch
  kJudge,         ///< the second player's
  kSharedWeight,  ///< a weight of every rank, once
  kWeightOfRank,  ///< a weight of one rank, once
  kDrift,         ///< a weight of one rank changes by its last bit, once, after the step
  kBufferAtEnd,   ///< a buffer of one rank is not finite after the step, once
};

/// What goes wrong where. Recipes are made by the trainer, so this is how a test reaches them.
struct Injection {
  Kind kind = Kind::kNone;
  std::int64_t iteration = 0;
  std::int64_t slot = 0;
  int rank = 0;
  std::array<std::atomic<bool>, kMostRanks> happened{};

  std::uint64_t sample() const { return static_cast<std::uint64_t>(iteration * kGlobalBatch + slot); }
  std::int64_t micro_batch() const { return slot / kMicroBatch; }
};
Injection injection;
thread_local int rank_of_thread = 0;

void inject(Kind kind, std::int64_t iteration, std::int64_t slot, int rank) {
  injection.kind = kind;
  injection.iteration = iteration;
  injection.slot = slot;
  injection.rank = rank;
  for (auto& happened : injection.happened) happened = false;
}

/// Learns from numbers that only the sample's own number decides.
class InjectedRecipe final : public ToyRecipe {
 public:
  Sample prepare(const EpisodeFrames& read, const SampleUse&) const override {
    const std::uint64_t sample = read.episode().sample;
    Draws draws(1, Purpose::kTest, sample);
    at::Tensor picture = torch::tensor({draws.normal(), draws.normal(), draws.normal()}, torch::kFloat);
    const bool here = injection.kind == Kind::kInput
                          ? sample == injection.sample()
                          : injection.kind == Kind::kPlace && place_of_sample(sample) == injection.sample();
    if (here) picture[injection.slot % 3] = std::numeric_limits<float>::quiet_NaN();
    if (injection.kind == Kind::kLoud && sample == injection.sample()) picture *= 100;
    return {picture};
  }

  void begin_iteration(Iteration iteration) override {
    if (injection.kind == Kind::kSharedWeight && first_time(iteration)) spoil(weight());
    if (injection.kind == Kind::kWeightOfRank && mine() && first_time(iteration)) spoil(judge());
  }

  void after_step(Iteration iteration) override {
    if (!mine()) return;
    if (injection.kind == Kind::kBufferAtEnd && first_time(iteration)) spoil(running_mean());
    if (injection.kind == Kind::kDrift && first_time(iteration))
      weight().detach().view(-1).view(at::kInt)[2].bitwise_xor_(1);
  }

  std::vector<Objective> objectives(const MicroBatch& batch, const CoupledGroup& group) override {
    const bool here = std::any_of(batch.episodes.begin(), batch.episodes.end(), [](const Episode& episode) {
      return episode.sample == injection.sample();
    });
    infinite_gradient_at = here && injection.kind == Kind::kGradient ? batch.index : -1;
    infinite_judge_at = here && injection.kind == Kind::kJudge ? batch.index : -1;
    return ToyRecipe::objectives(batch, group);
  }

 private:
  static bool mine() { return rank_of_thread == injection.rank; }
  static bool first_time(Iteration iteration) {
    return iteration == injection.iteration &&
           !injection.happened[static_cast<std::size_t>(rank_of_thread)].exchange(true);
  }
  static void spoil(const at::Tensor& tensor) { tensor.detach()[0].fill_(std::numeric_limits<float>::infinity()); }
};

class InjectedRecipeConfig final : public RecipeConfig {
 public:
  void describe(ConfigVisitor&) override {}
  void validate(const RunConfig&, Problems&) const override {}
  std::unique_ptr<Recipe> make_recipe(const RunConfig&) const override { return std::make_unique<InjectedRecipe>(); }
};

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
      const Kind kind = std::exchange(injection.kind, exclude.empty() ? Kind::kNone : injection.kind);
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
    case Kind::kInput:
      return {owner, "input x is not finite", samples_of_micro_batch()};
    case Kind::kGradient:
      return {owner, "gradient of generator weight is not finite", samples_of_micro_batch()};
    case Kind::kJudge:
      return {owner, "gradient of judge vector is not finite", samples_of_micro_batch()};
    case Kind::kSharedWeight:
      return {all, "weight of generator weight is not finite", {}};
    default:
      return {{injection.rank}, "weight of judge vector is not finite", {}};
  }
}

TEST_F(InjectedFaults, AHundredAreNamedInTheirIterationAndRolledBackToTheBitsOfARunWithoutTheirEpisodes) {
  constexpr std::array kKinds{Kind::kInput, Kind::kGradient, Kind::kJudge, Kind::kSharedWeight, Kind::kWeightOfRank};
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
  inject(Kind::kPlace, 4, 5, 0);
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
  inject(Kind::kNone, 0, 0, 0);
  EXPECT_EQ(run(request("run"), 2).code, ExitCode::kDone) << "whoever mended it goes on";
}

TEST_F(InjectedFaults, StopEndsTheRunAndSkipLeavesOutTheStep) {
  inject(Kind::kJudge, 2, 3, 0);
  TrainRequest stop = request("stop");
  stop.overrides = {{.key = "trainer.on_nonfinite", .value = "stop"}};
  EXPECT_THROW(run(stop, 2), NonFiniteError);
  TrainRequest skip = request("skip");
  skip.overrides = {{.key = "trainer.on_nonfinite", .value = "skip"}};
  EXPECT_EQ(run(skip, 2).code, ExitCode::kDone);
  EXPECT_THAT(read_roll_backs(folder("skip")), IsEmpty());
  inject(Kind::kSharedWeight, 2, 3, 0);
  TrainRequest weight = request("weight");
  weight.overrides = skip.overrides;
  EXPECT_THROW(run(weight, 2), NonFiniteError) << "no later step would mend a weight";
}

TEST_F(InjectedFaults, ADriftedReplicaIsNamedAndTheRunGoesBack) {
  for (const int world_size : {2, 4}) {
    inject(Kind::kDrift, 4, 0, 1);
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
  inject(Kind::kDrift, 4, 0, 3);
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
  inject(Kind::kBufferAtEnd, 5, 0, 1);
  TrainRequest stop = request("run");
  stop.overrides = {{.key = "trainer.on_nonfinite", .value = "stop"}, {.key = "trainer.drift_every", .value = "0"}};
  EXPECT_THROW(run(stop, 2), NonFiniteError);
  EXPECT_EQ(CheckpointStore(folder("run")).list().back(), 3);
}

TEST_F(InjectedFaults, ARunThatDiedAfterItsDecisionGoesOnWithTheSameEpisodesExcluded) {
  inject(Kind::kInput, 4, 5, 0);
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
  inject(Kind::kInput, 1, 5, 0);
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
  inject(Kind::kInput, 4, 5, 0);
  TrainRequest fresh = request("run");
  fresh.fresh = true;
  EXPECT_EQ(run(fresh, 1).code, ExitCode::kDone);
}

TEST_F(InjectedFaults, ASpikeIsRolledBackAlikeWhereverTheRunWasStopped) {
  inject(Kind::kLoud, 5, 3, 0);
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

std::vector<std::string> recipe_names() {
  return {"injected"};
}

std::string default_recipe() {
  return "injected";
}

std::unique_ptr<RecipeConfig> make_recipe_config(std::string_view) {
  return std::make_unique<InjectedRecipeConfig>();
}

}  // namespace understudy
