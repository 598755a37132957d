#include "clusters/ordered_mean.h"

#include <mutex>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/clusters/ordered_reference.h"
#include "tests/support/thread_ranks.h"

namespace understudy {
namespace {

using testing::HasSubstr;

std::vector<at::Tensor> mean_on(Communicator& ranks,
                                std::int64_t micro_batches,
                                at::ScalarType type,
                                std::int64_t window_bytes = OrderedMean::kWindowBytes) {
  CommunicatorTransport transport(ranks);
  OrderedMean mean(transport, micro_batches, difficult_parameters(type), "test", window_bytes);
  const MicroBatchRun run = mean.run();
  for (std::int64_t i = run.begin; i < run.begin + run.count; ++i) mean.add(difficult_gradients(i, type));
  return mean.finish();
}

TEST(OrderedMean, HasTheBitsOfTheDefinitionOnEveryNumberOfRanks) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    for (std::int64_t micro_batches = 1; micro_batches <= 13; ++micro_batches) {
      const std::vector<at::Tensor> expected = reference_mean(micro_batches, type);
      const int most_ranks = static_cast<int>(std::min<std::int64_t>(micro_batches, 5));
      for (int world_size = 1; world_size <= most_ranks; ++world_size) {
        run_on_thread_ranks(world_size, [&](Communicator& ranks) {
          EXPECT_TRUE(same_bits(mean_on(ranks, micro_batches, type), expected))
              << micro_batches << " micro-batches, rank " << ranks.rank() << " of " << world_size;
        });
      }
    }
  }
}

TEST(OrderedMean, HasTheSameBitsInWindowsOfAnySize) {
  const std::vector<at::Tensor> expected = reference_mean(8, at::kFloat);
  for (const std::int64_t window_bytes : {1, 12, 40, 64, 1000}) {
    run_on_thread_ranks(3, [&](Communicator& ranks) {
      EXPECT_TRUE(same_bits(mean_on(ranks, 8, at::kFloat, window_bytes), expected)) << window_bytes;
    });
  }
}

TEST(OrderedMean, ServesOneIterationAfterTheOther) {
  run_on_thread_ranks(2, [](Communicator& ranks) {
    CommunicatorTransport transport(ranks);
    OrderedMean mean(transport, 2, {at::zeros({3})}, "test");
    for (const float value : {1.0F, 5.0F}) {
      mean.add({at::full({3}, value + static_cast<float>(2 * ranks.rank()))});
      EXPECT_EQ(mean.finish()[0][2].item<float>(), value + 1.0F);
    }
  });
}

TEST(OrderedMean, TakesTensorsThatAreNotContiguous) {
  const auto communicator = single_rank();
  CommunicatorTransport transport(*communicator);
  OrderedMean mean(transport, 1, {at::zeros({3, 2})}, "test");
  const at::Tensor transposed = at::arange(6, at::kFloat).view({2, 3}).t();
  mean.add({transposed});
  EXPECT_TRUE(mean.finish()[0].equal(transposed));
}

TEST(OrderedMean, RefusesAnotherShapeAndAMicroBatchTooMany) {
  const auto communicator = single_rank();
  CommunicatorTransport transport(*communicator);
  OrderedMean mean(transport, 1, {at::zeros({3})}, "generator");
  EXPECT_THROW(mean.add({at::zeros({4})}), ShapeError);
  EXPECT_THROW(mean.add({at::zeros({3}, at::kDouble)}), ShapeError);
  EXPECT_THROW(mean.finish(), ShapeError);
  mean.add({at::zeros({3})});
  EXPECT_THROW(mean.add({at::zeros({3})}), ShapeError);
}

TEST(OrderedMean, RefusesRanksThatDoNotAgreeOnTheTensors) {
  try {
    run_on_thread_ranks(2, [](Communicator& ranks) {
      CommunicatorTransport transport(ranks);
      OrderedMean(transport, 4, {at::zeros({3 + ranks.rank()})}, "generator");
    });
    FAIL() << "three elements cannot be averaged with four";
  } catch (const ClusterError& error) {
    EXPECT_THAT(error.what(), HasSubstr("generator: rank"));
    EXPECT_THAT(error.what(), HasSubstr("all ranks must run the same program"));
  }
}

TEST(OrderedMean, RefusesTensorsOfTwoTypes) {
  const auto communicator = single_rank();
  CommunicatorTransport transport(*communicator);
  EXPECT_THROW(OrderedMean(transport, 1, {at::zeros({3}), at::zeros({3}, at::kDouble)}, "generator"), ShapeError);
}

}  // namespace
}  // namespace understudy
