#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "clusters/ordered_mean.h"
#include "common/errors.h"
#include "tests/clusters/ordered_reference.h"
#include "tests/support/mpi_main.h"

namespace understudy {
namespace {

TEST(OrderedMeanOverMpi, HasTheBitsOfOneRank) {
  CommunicatorTransport transport(test_ranks());
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    for (std::int64_t micro_batches = transport.world_size(); micro_batches <= 13; ++micro_batches) {
      OrderedMean mean(transport, micro_batches, difficult_parameters(type), "test", 64);
      const MicroBatchRun run = mean.run();
      for (std::int64_t i = run.begin; i < run.begin + run.count; ++i) mean.add(difficult_gradients(i, type));
      EXPECT_TRUE(same_bits(mean.finish(), reference_mean(micro_batches, type))) << micro_batches << " micro-batches";
    }
  }
}

TEST(OrderedMeanOverMpi, AveragesMoreThanOneWindow) {
  CommunicatorTransport transport(test_ranks());
  const std::int64_t elements = 300'001;
  const std::int64_t micro_batches = 5;
  OrderedMean mean(transport, micro_batches, {at::zeros({elements})}, "test", 1 << 19);
  const MicroBatchRun run = mean.run();
  for (std::int64_t i = run.begin; i < run.begin + run.count; ++i) {
    mean.add({at::arange(elements, at::kFloat).mul_(static_cast<double>(1 << i) / 3.0)});
  }
  at::Tensor level[5];
  for (int i = 0; i < 5; ++i) level[i] = at::arange(elements, at::kFloat).mul_(static_cast<double>(1 << i) / 3.0);
  const at::Tensor expected = ((level[0] + level[1]) + (level[2] + level[3]) + level[4]) / 5;
  EXPECT_TRUE(mean.finish()[0].equal(expected));
}

TEST(OrderedMeanOverMpi, RefusesMoreRanksThanMicroBatches) {
  CommunicatorTransport transport(test_ranks());
  EXPECT_THROW(OrderedMean(transport, transport.world_size() - 1, {at::zeros({1})}, "test"), ConfigError);
}

}  // namespace
}  // namespace understudy
