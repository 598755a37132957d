#include "trainer/step_engine.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/support/golden_weights.h"
#include "tests/support/thread_ranks.h"
#include "tests/support/toy_recipe.h"

namespace understudy {
namespace {

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

using Prepare = std::function<void(ToyRecipe&)>;

std::vector<RankResult> run_ranks(int world_size,
                                  std::int64_t group,
                                  const std::vector<at::Tensor>& inputs,
                                  const Prepare& prepare = {}) {
  std::vector<RankResult> results(static_cast<std::size_t>(world_size));
  run_on_thread_ranks(world_size, [&](Communicator& ranks) {
    at::set_num_threads(1);
    RankResult& result = results[static_cast<std::size_t>(ranks.rank())];
    ToyRecipe recipe(group);
    if (prepare) prepare(recipe);
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
  const auto judge_later = [](ToyRecipe& recipe) { recipe.judge_starts = 1; };
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

/// Runs an iteration that goes wrong in micro-batch 7, which the last rank computes, and checks what the ranks know.
void expect_finding(const at::Tensor& inputs, const Prepare& prepare, const std::string& tensor) {
  for (const int world_size : {1, 3}) {
    const std::vector<RankResult> ranks = run_ranks(world_size, 0, {inputs}, prepare);
    for (const RankResult& rank : ranks) {
      EXPECT_FALSE(rank.reports[0].finite);
      EXPECT_TRUE(rank.tensors[kWeight].equal(ToyRecipe().weight()));
      EXPECT_TRUE(rank.tensors[kJudge].equal(ToyRecipe().judge()));
      EXPECT_TRUE(rank.tensors[kRunningMean].equal(ToyRecipe().running_mean()));
      EXPECT_EQ(rank.reports[0].finding.has_value(), &rank == &ranks.back());
    }
    ASSERT_TRUE(ranks.back().reports[0].finding);
    EXPECT_EQ(ranks.back().reports[0].finding->tensor, tensor);
    EXPECT_EQ(ranks.back().reports[0].finding->micro_batch.index, 7);
  }
}

TEST(StepEngine, FindsALossThatIsNotFiniteAndStepsNobody) {
  at::Tensor inputs = inputs_of(0);
  inputs[7][1] = std::numeric_limits<float>::infinity();
  expect_finding(inputs, {}, "loss of generator");
}

TEST(StepEngine, FindsAGradientThatIsNotFiniteAndStepsNobody) {
  expect_finding(
      inputs_of(0), [](ToyRecipe& recipe) { recipe.infinite_gradient_at = 7; }, "gradient of generator weight");
}

TEST(StepEngine, AcceptsFiniteGradientsWhoseSumOverflows) {
  at::Tensor inputs = inputs_of(0);
  inputs[7].fill_(1.58e19);
  const StepReport report = run_ranks(1, 0, {inputs})[0].reports[0];
  EXPECT_TRUE(report.finite);
  EXPECT_FALSE(report.finding);
  EXPECT_GT(report.terms[0].second, 1e36) << "no sum overflows";
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
