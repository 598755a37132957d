#include "clusters/ordered_exchange.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/clusters/ordered_reference.h"
#include "tests/support/thread_ranks.h"

namespace understudy {
namespace {

std::vector<at::Tensor> trainable_parameters() {
  std::vector<at::Tensor> parameters = difficult_parameters(at::kFloat);
  for (at::Tensor& parameter : parameters) parameter.requires_grad_(true);
  return parameters;
}

/// A loss whose gradient is that of difficult_gradients.
at::Tensor loss_of(const std::vector<at::Tensor>& parameters, std::int64_t micro_batch) {
  const std::vector<at::Tensor> gradients = difficult_gradients(micro_batch, at::kFloat);
  at::Tensor loss = torch::zeros({});
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (gradients[i].defined()) loss = loss + (parameters[i] * gradients[i]).sum();
  }
  return loss;
}

TEST(OrderedExchange, LeavesTheMeanGradientInTheParametersOfEveryRank) {
  for (const int world_size : {1, 2, 3}) {
    run_on_thread_ranks(world_size, [&](Communicator& ranks) {
      CommunicatorTransport transport(ranks);
      const std::vector<at::Tensor> parameters = trainable_parameters();
      OrderedExchange exchange(transport, 8, parameters, "generator");
      const MicroBatchRun run = plan_micro_batches(8, world_size)[static_cast<std::size_t>(ranks.rank())];
      for (std::int64_t i = run.begin; i < run.begin + run.count; ++i) {
        const at::Tensor loss = loss_of(parameters, i);
        exchange.before_backward(loss);
        loss.backward();
        exchange.after_backward();
      }
      exchange.finish();
      std::vector<at::Tensor> gradients;
      for (const at::Tensor& parameter : parameters) gradients.push_back(parameter.grad());
      EXPECT_TRUE(same_bits(gradients, reference_mean(8, at::kFloat))) << ranks.rank() << " of " << world_size;
    });
  }
}

TEST(OrderedExchange, KeepsGradientsApartThatAutogradLeftInOneMemory) {
  const auto communicator = single_rank();
  CommunicatorTransport transport(*communicator);
  const at::Tensor a = torch::zeros({2, 2}, torch::requires_grad());
  const at::Tensor b = torch::zeros({4}, torch::requires_grad());
  OrderedExchange exchange(transport, 2, {a, b}, "generator");
  for (int micro_batch = 0; micro_batch < 2; ++micro_batch) {
    ((a.view({4}) + b) * torch::arange(4)).sum().backward();
    exchange.after_backward();
  }
  exchange.finish();
  EXPECT_TRUE(a.grad().view({4}).equal(torch::arange(4, torch::kFloat)));
  EXPECT_TRUE(b.grad().equal(torch::arange(4, torch::kFloat)));
}

}  // namespace
}  // namespace understudy
