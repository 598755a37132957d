#include "trainer/step_engine.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/support/golden_weights.h"
#include "tests/support/thread_ranks.h"
#include "tests/support/toy_recipe.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::int64_t kSamples = 8;

/// [8, 3], all samples of an iteration in slot order.
at::Tensor inputs_of(Iteration iteration) {
  return golden::tensor_of({kSamples, 3},
                           [&](auto i) { return golden::symmetric(static_cast<std::uint32_t>(iteration), i); });
}

std::vector<MicroBatch> share_of(const MicroBatchRun& run, const at::Tensor& inputs, Iteration iteration) {
  std::vector<MicroBatch> batches;
  for (std::int64_t index = run.begin; index < run.begin + run.count; ++index) {
    MicroBatch batch{.iteration = iteration, .index = index, .episodes = {}, .tensors = {inputs.narrow(0, index, 1)}};
    batch.episodes.resize(1);
    batches.push_back(std::move(batch));
  }
  return batches;
}

RunConfig config_with_group(std::int64_t statistics_group) {
  RunConfig config;
  config.batch = {.global_batch = kSamples, .micro_batch = 1, .statistics_group = statistics_group};
  return config;
}

/// Everything that a rank holds after its last iteration.
struct RankResult {
  std::vector<at::Tensor> tensors;
  std::vector<StepReport> reports;
  bool judge_was_frozen = false;
};

using Prepare = std::function<void(ToyRecipe&, int rank)>;

std::vector<RankResult> run_ranks(int world_size,
                                  std::int64_t group,
                                  const std::vector<at::Tensor>& inputs,
                                  const Prepare& prepare = {}) {
  std::vector<RankResult> results(static_cast<std::size_t>(world_size));
  run_on_thread_ranks(world_size, [&](Communicator& ranks) {
    at::set_num_threads(1);
    RankResult& result = results[static_cast<std::size_t>(ranks.rank())];
    ToyRecipe recipe(group);
    if (prepare) prepare(recipe, ranks.rank());
    Heartbeat heartbeat;
    StepEngine engine(recipe, config_with_group(group), ranks, heartbeat);
    Iteration iteration = 0;
    for (const at::Tensor& input : inputs) {
      result.reports.push_back(engine.run(iteration, share_of(engine.range(), input, iteration), {}));
      ++iteration;
    }
    for (const auto& [name, tensor] : recipe.state()) result.tensors.push_back(tensor.detach().clone());
    for (const auto& [name, tensor] : engine.optimizer_state()) result.tensors.push_back(tensor.clone());
    result.judge_was_frozen = recipe.saw_frozen_judge;
  });
  return results;
}

enum Held : std::size_t { kWeight, kJudge, kRunningMean, kWeightMoment };

/// After its first step Adam's first moment is (1 - beta1) times the gradient.
at::Tensor gradient_from(const at::Tensor& first_moment) {
  return first_moment.to(at::kDouble) / 0.1;
}

void expect_near(const at::Tensor& found, const at::Tensor& expected) {
  EXPECT_LT((found.to(at::kDouble) - expected).abs().max().item<double>(), 2e-6) << found << "\n" << expected;
}

TEST(StepEngine, GivesTheSameBitsOnAnyNumberOfRanks) {
  const std::vector<at::Tensor> inputs = {inputs_of(0), inputs_of(1), inputs_of(2)};
  const RankResult alone = run_ranks(1, 4, inputs).front();
  for (const int world_size : {2, 3}) {
    const std::vector<RankResult> ranks = run_ranks(world_size, 4, inputs);
    for (const RankResult& rank : ranks) {
      ASSERT_EQ(rank.tensors.size(), alone.tensors.size());
      for (std::size_t i = 0; i < alone.tensors.size(); ++i) EXPECT_TRUE(rank.tensors[i].equal(alone.tensors[i])) << i;
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) EXPECT_EQ(ranks[0].reports[i].terms, alone.reports[i].terms);
  }
}

TEST(StepEngine, DifferentiatesAGroupOverMicroBatchesAsOne) {
  const at::Tensor x = inputs_of(0).to(at::kDouble);
  const ToyRecipe initial;
  const at::Tensor w = initial.weight().detach().to(at::kDouble);
  const at::Tensor v = initial.judge().detach().to(at::kDouble);
  at::Tensor expected = 2 * x.t().matmul(x).matmul(w) / kSamples + x.mean(0).outer(v);
  for (const at::Tensor& group : x.chunk(2)) {
    const at::Tensor mean = group.mean(0);
    expected += 0.5 * 2 * mean.outer(mean.matmul(w));
  }
  for (const int world_size : {1, 3}) {
    const RankResult result = run_ranks(world_size, 4, {inputs_of(0)}).front();
    expect_near(gradient_from(result.tensors[kWeightMoment]), expected);
  }
}

TEST(StepEngine, KeepsOtherPlayersOutOfAPlayersGradient) {
  const at::Tensor y = inputs_of(0).to(at::kDouble).matmul(ToyRecipe().weight().detach().to(at::kDouble));
  const at::Tensor v = ToyRecipe().judge().detach().to(at::kDouble);
  const at::Tensor own_loss_alone = 2 * ((y.matmul(v) - 1).unsqueeze(1) * y).mean(0);
  run_on_thread_ranks(1, [&](Communicator& ranks) {
    ToyRecipe recipe;
    Heartbeat heartbeat;
    StepEngine engine(recipe, config_with_group(0), ranks, heartbeat);
    engine.run(0, share_of(engine.range(), inputs_of(0), 0), {});
    EXPECT_TRUE(recipe.saw_frozen_judge);
    for (const auto& [name, tensor] : engine.optimizer_state()) {
      if (name == "judge.vector.exp_avg") expect_near(gradient_from(tensor), own_loss_alone);
    }
    for (const Player& player : engine.players()) {
      EXPECT_TRUE(player.parameters[0].second.requires_grad());
      EXPECT_FALSE(player.parameters[0].second.grad().defined());
    }
  });
}

TEST(StepEngine, LeavesAnInactivePlayerAlone) {
  const auto judge_later = [](ToyRecipe& recipe, int) { recipe.judge_starts = 1; };
  const RankResult before = run_ranks(2, 0, {inputs_of(0)}, judge_later)[1];
  EXPECT_TRUE(before.tensors[kJudge].equal(ToyRecipe().judge()));
  EXPECT_FALSE(before.tensors[kWeight].equal(ToyRecipe().weight()));
  EXPECT_EQ(before.tensors.back().item<double>(), 0.0) << "steps of the judge";
  const RankResult after = run_ranks(2, 0, {inputs_of(0), inputs_of(1)}, judge_later)[1];
  EXPECT_FALSE(after.tensors[kJudge].equal(ToyRecipe().judge()));
  EXPECT_EQ(after.tensors.back().item<double>(), 1.0);
}

TEST(StepEngine, AveragesTermsAndStatisticsOverMicroBatches) {
  const at::Tensor x = inputs_of(0).to(at::kDouble);
  const at::Tensor y = x.matmul(ToyRecipe().weight().detach().to(at::kDouble));
  const at::Tensor v = ToyRecipe().judge().detach().to(at::kDouble);
  for (const int world_size : {1, 3}) {
    const std::vector<RankResult> ranks = run_ranks(world_size, 0, {inputs_of(0)});
    const std::vector<Term>& terms = ranks[0].reports[0].terms;
    ASSERT_EQ(terms.size(), 2U);
    EXPECT_EQ(terms[0].first, "total");
    EXPECT_NEAR(terms[0].second, (y.square().sum(1) + y.matmul(v)).mean().item<double>(), 1e-6);
    EXPECT_EQ(terms[1].first, "judge");
    EXPECT_NEAR(terms[1].second, (y.matmul(v) - 1).square().mean().item<double>(), 1e-6);
    for (const RankResult& rank : ranks) expect_near(rank.tensors[kRunningMean], x.mean(0));
  }
}

/// Texts of what a rank found, with the micro-batch.
std::vector<std::string> found_by(const RankResult& rank) {
  std::vector<std::string> texts;
  for (const Finding& finding : rank.reports.back().findings) {
    texts.push_back(finding.micro_batch ? fmt::format("{}: {}", finding.micro_batch->index, finding.text)
                                        : finding.text);
  }
  return texts;
}

/// Runs an iteration that goes wrong in micro-batch 7, which the last rank computes, and checks what the ranks know.
void expect_finding(const at::Tensor& inputs, const Prepare& prepare, const std::string& text) {
  for (const int world_size : {1, 3}) {
    const std::vector<RankResult> ranks = run_ranks(world_size, 0, {inputs}, prepare);
    for (const RankResult& rank : ranks) {
      EXPECT_FALSE(rank.reports[0].stepped);
      EXPECT_TRUE(rank.tensors[kWeight].equal(ToyRecipe().weight()));
      EXPECT_TRUE(rank.tensors[kJudge].equal(ToyRecipe().judge()));
      EXPECT_TRUE(rank.tensors[kRunningMean].equal(ToyRecipe().running_mean()));
      EXPECT_EQ(rank.reports[0].findings.empty(), &rank != &ranks.back());
    }
    EXPECT_THAT(found_by(ranks.back()), ElementsAre("7: " + text));
  }
}

TEST(StepEngine, FindsAnInputThatIsNotFiniteAndStepsNobody) {
  at::Tensor inputs = inputs_of(0);
  inputs[7][1] = std::numeric_limits<float>::infinity();
  expect_finding(inputs, {}, "input x is not finite");
}

TEST(StepEngine, FindsALossThatIsNotFiniteAndStepsNobody) {
  expect_finding(
      inputs_of(0), [](ToyRecipe& recipe, int) { recipe.infinite_loss_at = 7; }, "loss of generator is not finite");
}

TEST(StepEngine, FindsAGradientThatIsNotFiniteAndStepsNobody) {
  expect_finding(
      inputs_of(0),
      [](ToyRecipe& recipe, int) { recipe.infinite_gradient_at = 7; },
      "gradient of generator weight is not finite");
}

TEST(StepEngine, FindsAGradientOfASecondPlayerAlone) {
  expect_finding(
      inputs_of(0),
      [](ToyRecipe& recipe, int) { recipe.infinite_judge_at = 7; },
      "gradient of judge vector is not finite");
}

TEST(StepEngine, RefusesGradientsWhoseSquaresWouldOverflowInTheOptimiser) {
  at::Tensor inputs = inputs_of(0);
  inputs[7].fill_(1.58e19);
  const RankResult result = run_ranks(1, 0, {inputs}).front();
  EXPECT_GT(result.reports[0].terms[0].second, 1e36);
  EXPECT_THAT(found_by(result),
              ElementsAre(AllOf(HasSubstr("7: gradient of generator weight holds"), HasSubstr("e+38"))));
}

TEST(StepEngine, FindsOneFaultInEachMicroBatch) {
  at::Tensor inputs = inputs_of(0);
  inputs[1][0] = std::nan("");
  inputs[2][0] = std::nan("");
  const auto judge_too = [](ToyRecipe& recipe, int) { recipe.infinite_judge_at = 2; };
  EXPECT_THAT(found_by(run_ranks(1, 0, {inputs}, judge_too).front()),
              ElementsAre("1: input x is not finite", "2: input x is not finite"));
}

TEST(StepEngine, NamesTheSamplesThatSpoiltTheirGroupAndNotTheOthers) {
  at::Tensor inputs = inputs_of(0);
  inputs[2][0] = std::nan("");
  for (const int world_size : {1, 3, 4}) {
    std::vector<std::string> found;
    for (const RankResult& rank : run_ranks(world_size, 4, {inputs})) {
      EXPECT_FALSE(rank.reports[0].stepped);
      for (const std::string& text : found_by(rank)) found.push_back(text);
    }
    EXPECT_THAT(found, ElementsAre("2: input x is not finite")) << world_size;
  }
}

TEST(StepEngine, BlamesAWeightThatIsNotFiniteAndNotWhatWasComputedWithIt) {
  const auto break_weight = [](ToyRecipe& recipe, int rank) {
    const at::NoGradGuard no_grad;
    if (rank == 1) recipe.weight().view(-1)[3].fill_(std::nan(""));
  };
  for (const std::int64_t group : {0, 4}) {
    const std::vector<RankResult> ranks = run_ranks(3, group, {inputs_of(0)}, break_weight);
    EXPECT_THAT(found_by(ranks[0]), IsEmpty());
    EXPECT_THAT(found_by(ranks[1]), ElementsAre("weight of generator weight is not finite"));
    EXPECT_THAT(found_by(ranks[2]), IsEmpty());
  }
  const auto break_buffer = [](ToyRecipe& recipe, int) { recipe.running_mean().fill_(std::nan("")); };
  EXPECT_THAT(found_by(run_ranks(1, 0, {inputs_of(0)}, break_buffer)[0]),
              ElementsAre("buffer running_mean is not finite"));
}

TEST(StepEngine, FindsASpikeOnAllRanksAlikeAndStepsNobody) {
  RunConfig config = config_with_group(0);
  config.faults = {.spike_threshold = 8, .spike_window = 3};
  for (const int world_size : {1, 3}) {
    std::vector<std::string> found(static_cast<std::size_t>(world_size));
    run_on_thread_ranks(world_size, [&](Communicator& ranks) {
      ToyRecipe recipe;
      Heartbeat heartbeat;
      StepEngine engine(recipe, config, ranks, heartbeat);
      for (Iteration iteration = 0; iteration < 3; ++iteration)
        EXPECT_TRUE(engine.run(iteration, share_of(engine.range(), inputs_of(iteration), iteration), {}).stepped);
      const at::Tensor before = recipe.weight().detach().clone();
      at::Tensor inputs = inputs_of(3);
      inputs[5] *= 100;
      const StepReport report = engine.run(3, share_of(engine.range(), inputs, 3), {});
      EXPECT_FALSE(report.stepped);
      EXPECT_TRUE(recipe.weight().equal(before));
      for (const Finding& finding : report.findings)
        found[static_cast<std::size_t>(ranks.rank())] +=
            fmt::format("{}: {}", finding.micro_batch->index, finding.text);
      EXPECT_TRUE(engine.run(4, share_of(engine.range(), inputs_of(4), 4), {}).stepped) << "compared with the spike";
    });
    const std::size_t owner = world_size == 1 ? 0 : 1;
    EXPECT_THAT(found[owner], StartsWith("5: loss of generator is a spike of robust z-score"));
    for (std::size_t rank = 0; rank < found.size(); ++rank) EXPECT_EQ(found[rank].empty(), rank != owner);
  }
}

TEST(StepEngine, TellsEveryRankThatOneWantsToStop) {
  run_on_thread_ranks(3, [](Communicator& ranks) {
    ToyRecipe recipe;
    Heartbeat heartbeat;
    StepEngine engine(recipe, config_with_group(0), ranks, heartbeat);
    EXPECT_FALSE(engine.run(0, share_of(engine.range(), inputs_of(0), 0), {}).stop_requested);
    EXPECT_TRUE(engine.run(1, share_of(engine.range(), inputs_of(1), 1), {.stop = ranks.rank() == 1}).stop_requested);
  });
}

TEST(StepEngine, RefusesMoreRanksThanMicroBatches) {
  EXPECT_THROW(run_on_thread_ranks(9,
                                   [](Communicator& ranks) {
                                     ToyRecipe recipe;
                                     Heartbeat heartbeat;
                                     StepEngine(recipe, config_with_group(0), ranks, heartbeat);
                                   }),
               ConfigError);
}

}  // namespace
}  // namespace understudy
