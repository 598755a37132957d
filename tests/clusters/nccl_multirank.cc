#include <thread>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "clusters/device_group.h"
#include "clusters/fast_exchange.h"
#include "clusters/ordered_mean.h"
#include "clusters/rank_device.h"
#include "tests/clusters/ordered_reference.h"
#include "tests/support/mpi_main.h"

namespace understudy {
namespace {

/// Ranks that have a GPU each, or a test that says why it does not run.
class Nccl : public testing::Test {
 protected:
  void SetUp() override {
    const std::int64_t gpus = static_cast<std::int64_t>(torch::cuda::device_count());
    const std::int64_t fewest = test_ranks().all_reduce(gpus, Reduction::kMin, "count GPUs");
    if (fewest < test_ranks().local_size())
      GTEST_SKIP() << fewest << " CUDA devices for " << test_ranks().local_size() << " ranks";
    device_ = take_device(DeviceChoice::kGpu, test_ranks());
  }
  c10::Device device_{c10::kCPU};
  Heartbeat heartbeat_;
};

std::vector<at::Tensor> on(c10::Device device, const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> moved;
  for (const at::Tensor& tensor : tensors) moved.push_back(tensor.defined() ? tensor.to(device) : at::Tensor());
  return moved;
}

TEST_F(Nccl, OrderedMeanHasTheBitsOfProcessors) {
  DeviceGroup group(test_ranks(), device_, heartbeat_);
  for (std::int64_t micro_batches = test_ranks().world_size(); micro_batches <= 13; ++micro_batches) {
    OrderedMean mean(group.slices(), micro_batches, on(device_, difficult_parameters(at::kFloat)), "test", 64);
    const MicroBatchRun run = mean.run();
    for (std::int64_t i = run.begin; i < run.begin + run.count; ++i)
      mean.add(on(device_, difficult_gradients(i, at::kFloat)));
    EXPECT_TRUE(same_bits(on(c10::kCPU, mean.finish()), reference_mean(micro_batches, at::kFloat)))
        << micro_batches << " micro-batches";
  }
}

TEST_F(Nccl, FastExchangeGivesTheMeanAndShowsInTheSignsOfLife) {
  constexpr std::int64_t kMicroBatches = 8;
  DeviceGroup group(test_ranks(), device_, heartbeat_);
  const at::Tensor weight = torch::zeros({1000}, torch::TensorOptions(device_).requires_grad(true));
  FastExchange exchange(group, kMicroBatches, {weight}, "generator");
  const MicroBatchRun run =
      plan_micro_batches(kMicroBatches, test_ranks().world_size())[static_cast<std::size_t>(test_ranks().rank())];
  for (std::int64_t i = run.begin; i < run.begin + run.count; ++i) {
    const at::Tensor loss = (weight * static_cast<double>(i)).sum();
    exchange.before_backward(loss);
    loss.backward();
    exchange.after_backward();
  }
  exchange.finish();
  EXPECT_EQ(weight.grad()[999].item<double>(), 3.5);
  torch::cuda::synchronize();
  // The thread that follows the device looks 50 times a second.
  while (heartbeat_.read().collective.left == 0) std::this_thread::yield();
  EXPECT_EQ(heartbeat_.read().collective.intent, "reduce a bucket of gradients");
}

}  // namespace
}  // namespace understudy
