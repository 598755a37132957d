// Who is named where gradients are summed over ranks while they are computed.
#include <cmath>
#include <functional>
#include <limits>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clusters/gradient_tree.h"
#include "tests/support/golden_weights.h"
#include "tests/support/mpi_main.h"
#include "tests/support/toy_recipe.h"
#include "trainer/step_engine.h"

namespace understudy {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kSamples = 8;

class FastFaults : public testing::Test {
 protected:
  FastFaults() : inputs_(plain_inputs()) {}

  static at::Tensor plain_inputs() {
    return golden::tensor_of({kSamples, 3}, [](auto i) { return golden::symmetric(1, i); });
  }

  static std::vector<MicroBatch> share_of(const MicroBatchRun& run, const at::Tensor& inputs, Iteration iteration) {
    std::vector<MicroBatch> batches;
    for (std::int64_t index = run.begin; index < run.begin + run.count; ++index) {
      MicroBatch batch{.iteration = iteration, .index = index, .episodes = {}, .tensors = {inputs.narrow(0, index, 1)}};
      batch.episodes.resize(1);
      batches.push_back(std::move(batch));
    }
    return batches;
  }

  /// Runs an iteration that goes wrong and one that does not.
  /// @returns  what all ranks found in the first, in rank order
  std::vector<std::string> findings(std::int64_t statistics_group = 0) {
    RunConfig config;
    config.batch = {.global_batch = kSamples, .micro_batch = 1, .statistics_group = statistics_group};
    config.reduction = GradientReduction::kFast;
    ToyRecipe recipe(statistics_group);
    if (prepare_) prepare_(recipe);
    Heartbeat heartbeat;
    StepEngine engine(recipe, config, test_ranks(), heartbeat);
    const StepReport report = engine.run(0, share_of(engine.range(), inputs_, 0), {});
    EXPECT_FALSE(report.stepped);
    EXPECT_TRUE(recipe.judge().equal(ToyRecipe().judge()));
    if (mend_) mend_(recipe);
    EXPECT_TRUE(engine.run(1, share_of(engine.range(), plain_inputs(), 1), {}).stepped);
    std::string own;
    for (const Finding& finding : report.findings)
      own += (finding.micro_batch ? fmt::format("{}: ", finding.micro_batch->index) : std::string()) + finding.text;
    return test_ranks().all_gather(own, "compare what was found");
  }

  /// The given text for the rank that computes the last micro-batch, none for the others.
  static auto is_found_by_the_last(const std::string& text) {
    std::vector<std::string> expected(static_cast<std::size_t>(test_ranks().world_size()));
    expected.back() = text;
    return testing::ElementsAreArray(expected);
  }

  at::Tensor inputs_;
  std::function<void(ToyRecipe&)> prepare_;
  std::function<void(ToyRecipe&)> mend_;
};

TEST_F(FastFaults, ANumberOfTheLastMicroBatchIsFoundWhereItIs) {
  inputs_[7][1] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(findings(), is_found_by_the_last("7: input x is not finite"));
  EXPECT_THAT(findings(4), is_found_by_the_last("7: input x is not finite"));
}

TEST_F(FastFaults, AGradientOfOneMicroBatchIsBlamedOnNoOtherAndOnNoOtherRank) {
  prepare_ = [](ToyRecipe& recipe) { recipe.infinite_gradient_at = 7; };
  mend_ = [](ToyRecipe& recipe) { recipe.infinite_gradient_at = -1; };
  EXPECT_THAT(findings(), is_found_by_the_last("7: gradient of generator weight is not finite"));
  prepare_ = [](ToyRecipe& recipe) { recipe.infinite_judge_at = 7; };
  mend_ = [](ToyRecipe& recipe) { recipe.infinite_judge_at = -1; };
  EXPECT_THAT(findings(), is_found_by_the_last("7: gradient of judge vector is not finite"));
}

TEST_F(FastFaults, AnEarlyMicroBatchIsBlamedAlone) {
  prepare_ = [](ToyRecipe& recipe) { recipe.infinite_judge_at = 0; };
  mend_ = [](ToyRecipe& recipe) { recipe.infinite_judge_at = -1; };
  std::vector<std::string> expected(static_cast<std::size_t>(test_ranks().world_size()));
  expected.front() = "0: gradient of judge vector is not finite";
  EXPECT_EQ(findings(), expected);
}

TEST_F(FastFaults, AWeightOfOneRankIsBlamedOnThatRank) {
  const bool here = test_ranks().rank() + 1 == test_ranks().world_size();
  prepare_ = [here](ToyRecipe& recipe) {
    const at::NoGradGuard no_grad;
    if (here) recipe.weight().view(-1)[3].fill_(std::nan(""));
  };
  mend_ = [](ToyRecipe& recipe) {
    const at::NoGradGuard no_grad;
    recipe.weight().copy_(ToyRecipe().weight());
  };
  EXPECT_THAT(findings(), is_found_by_the_last("weight of generator weight is not finite"));
}

TEST_F(FastFaults, ASumThatOverflowsIsNobodysFault) {
  // Each gradient's square is finite, that of their sum is not.
  inputs_.fill_(3.5e9);
  const std::vector<std::string> found = findings();
  for (const std::string& text : found) EXPECT_THAT(text, HasSubstr("in the sum over ranks, but not where"));
}

}  // namespace
}  // namespace understudy
