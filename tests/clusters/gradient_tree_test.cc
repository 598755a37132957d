#include "clusters/gradient_tree.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/clusters/ordered_reference.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(PlanMicroBatches, GivesContiguousRunsThatDifferByAtMostOne) {
  EXPECT_THAT(plan_micro_batches(8, 3), ElementsAre(MicroBatchRun{0, 3}, MicroBatchRun{3, 3}, MicroBatchRun{6, 2}));
  EXPECT_THAT(plan_micro_batches(5, 4),
              ElementsAre(MicroBatchRun{0, 2}, MicroBatchRun{2, 1}, MicroBatchRun{3, 1}, MicroBatchRun{4, 1}));
  EXPECT_THAT(plan_micro_batches(1, 1), ElementsAre(MicroBatchRun{0, 1}));
}

TEST(PlanMicroBatches, RefusesMoreRanksThanMicroBatchesWithTheNumbersThatFit) {
  try {
    plan_micro_batches(3, 4);
    FAIL() << "four ranks cannot share three micro-batches";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("4 ranks cannot share 3 micro-batches"));
    EXPECT_THAT(error.what(), HasSubstr("use 1 to 3 ranks"));
  }
}

TEST(CompleteNodes, AreTheLargestNodesInsideTheRun) {
  EXPECT_THAT(complete_nodes(8, {0, 3}), ElementsAre(TreeNode{1, 0}, TreeNode{0, 2}));
  EXPECT_THAT(complete_nodes(8, {3, 3}), ElementsAre(TreeNode{0, 3}, TreeNode{1, 2}));
  EXPECT_THAT(complete_nodes(8, {6, 2}), ElementsAre(TreeNode{1, 3}));
}

TEST(CompleteNodes, AreTheRootWhereTheRunIsEverything) {
  for (std::int64_t micro_batches = 1; micro_batches <= 40; ++micro_batches) {
    EXPECT_EQ(complete_nodes(micro_batches, {0, micro_batches}).size(), 1U) << micro_batches;
  }
}

TEST(CompleteNodes, LetALastNodeWithoutPartnerStandForItsParents) {
  // Of five leaves the fifth has no partner up to level 2, where it is the right child of the root.
  EXPECT_THAT(complete_nodes(5, {4, 1}), ElementsAre(TreeNode{2, 1}));
}

TEST(TreeSum, HoldsFewListsWhileItAdds) {
  TreeSum sum(1024);
  std::size_t most = 0;
  for (std::int64_t i = 0; i < 1024; ++i) {
    sum.add({0, i}, {at::full({1}, 1.0F)});
    most = std::max(most, sum.parts().size());
  }
  EXPECT_LE(most, 11U);
  EXPECT_EQ(sum.take().front().values.front().item<float>(), 1024.0F);
}

TEST(TreeSum, TreatsAnAbsentTensorAsZerosAndTwoAsAbsent) {
  TreeSum sum(2);
  sum.add({0, 0}, {at::Tensor(), at::full({1}, -0.0F), at::Tensor()});
  sum.add({0, 1}, {at::full({1}, -0.0F), at::Tensor(), at::Tensor()});
  const std::vector<at::Tensor> root = sum.take().front().values;
  EXPECT_FALSE(std::signbit(root[0].item<float>())) << "0 + -0 is +0";
  EXPECT_FALSE(std::signbit(root[1].item<float>())) << "-0 + 0 is +0";
  EXPECT_FALSE(root[2].defined());
}

TEST(OrderedReference, TellsTheTreeFromAnotherOrderOfAddition) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    for (std::int64_t micro_batches = 4; micro_batches <= 13; ++micro_batches) {
      EXPECT_FALSE(same_bits(reference_mean(micro_batches, type), left_to_right_mean(micro_batches, type)))
          << micro_batches;
    }
  }
}

}  // namespace
}  // namespace understudy
