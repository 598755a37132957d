#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "clusters/fast_exchange.h"
#include "clusters/gradient_tree.h"
#include "common/errors.h"
#include "common/philox.h"
#include "tests/support/mpi_main.h"

namespace understudy {
namespace {

constexpr std::int64_t kMicroBatches = 5;
constexpr FastOptions kSmallBuckets{.first_bucket_bytes = 256, .bucket_bytes = 1024};

at::Tensor drawn(std::vector<std::int64_t> shape, std::uint64_t key) {
  Draws draws(3, Purpose::kTest, key);
  const at::Tensor values = torch::empty(shape, torch::kDouble);
  for (std::int64_t i = 0; i < values.numel(); ++i) values.data_ptr<double>()[i] = draws.normal();
  return values.to(torch::kFloat);
}

/// Three layers of weights and biases.
std::vector<at::Tensor> network(std::uint64_t key) {
  std::vector<at::Tensor> parameters;
  const std::vector<std::vector<std::int64_t>> shapes{{16, 8}, {16}, {16, 16}, {16}, {1, 16}, {1}};
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    parameters.push_back((drawn(shapes[i], key + i) * 0.3).requires_grad_(true));
  }
  return parameters;
}

at::Tensor output_of(const std::vector<at::Tensor>& p, const at::Tensor& input) {
  return at::linear(at::tanh(at::linear(at::tanh(at::linear(input, p[0], p[1])), p[2], p[3])), p[4], p[5]);
}

at::Tensor loss_of(const std::vector<at::Tensor>& parameters, std::int64_t micro_batch) {
  return output_of(parameters, drawn({4, 8}, static_cast<std::uint64_t>(1000 + micro_batch))).square().mean();
}

std::vector<at::Tensor> gradients_of(const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : parameters) gradients.push_back(parameter.grad().clone());
  return gradients;
}

void clear(std::vector<at::Tensor>& parameters) {
  for (at::Tensor& parameter : parameters) parameter.mutable_grad() = at::Tensor();
}

std::vector<at::Tensor> local_mean(std::uint64_t key) {
  std::vector<at::Tensor> parameters = network(key);
  for (std::int64_t i = 0; i < kMicroBatches; ++i) (loss_of(parameters, i) / kMicroBatches).backward();
  return gradients_of(parameters);
}

MicroBatchRun own_run() {
  return plan_micro_batches(kMicroBatches, test_ranks().world_size())[static_cast<std::size_t>(test_ranks().rank())];
}

/// One iteration of every player in turn within each micro-batch.
void run_iteration(const std::vector<FastExchange*>& exchanges, std::vector<std::vector<at::Tensor>>& players) {
  for (auto& player : players) clear(player);
  const MicroBatchRun run = own_run();
  for (std::int64_t i = run.begin; i < run.begin + run.count; ++i) {
    for (std::size_t player = 0; player < players.size(); ++player) {
      const at::Tensor loss = loss_of(players[player], i);
      exchanges[player]->before_backward(loss);
      loss.backward();
      exchanges[player]->after_backward();
    }
  }
  for (FastExchange* exchange : exchanges) exchange->finish();
}

std::string bytes_of(const std::vector<at::Tensor>& tensors) {
  std::string bytes;
  for (const at::Tensor& tensor : tensors) bytes.append(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes());
  return bytes;
}

TEST(FastExchange, GivesTwoPlayersTheirMeansWithTheSameBitsOnAllRanksAndInEveryRepetition) {
  Heartbeat heartbeat;
  DeviceGroup group(test_ranks(), at::kCPU, heartbeat);
  std::vector<std::vector<at::Tensor>> players{network(10), network(20)};
  FastExchange first(group, kMicroBatches, players[0], "generator", kSmallBuckets);
  FastExchange second(group, kMicroBatches, players[1], "discriminator", kSmallBuckets);
  EXPECT_GT(first.buckets().size(), 1U);
  std::string former;
  for (int repetition = 0; repetition < 4; ++repetition) {
    run_iteration({&first, &second}, players);
    std::string bytes;
    for (std::size_t player = 0; player < 2; ++player) {
      const std::vector<at::Tensor> expected = local_mean(10 + 10 * player);
      const std::vector<at::Tensor> gradients = gradients_of(players[player]);
      bytes += bytes_of(gradients);
      for (std::size_t i = 0; i < gradients.size(); ++i) {
        EXPECT_TRUE(torch::allclose(gradients[i], expected[i], 1e-5, 1e-6)) << "player " << player << " tensor " << i;
      }
    }
    EXPECT_THAT(test_ranks().all_gather(bytes, "compare"), testing::Each(bytes));
    if (repetition > 0) EXPECT_EQ(bytes, former) << "repetition " << repetition;
    former = bytes;
  }
}

TEST(FastExchange, CutsBucketsFromTheLastParameterToTheFirst) {
  Heartbeat heartbeat;
  DeviceGroup group(test_ranks(), at::kCPU, heartbeat);
  const FastExchange exchange(group, kMicroBatches, network(10), "generator", kSmallBuckets);
  std::vector<std::size_t> order;
  for (const auto& bucket : exchange.buckets()) order.insert(order.end(), bucket.begin(), bucket.end());
  EXPECT_THAT(order, testing::ElementsAre(5, 4, 3, 2, 1, 0));
}

TEST(FastExchange, RefusesABackwardPassThatLeavesParametersOutUnlessAllowed) {
  Heartbeat heartbeat;
  DeviceGroup group(test_ranks(), at::kCPU, heartbeat);
  std::vector<at::Tensor> parameters = network(10);
  const at::Tensor unused = torch::ones({2}, torch::requires_grad());
  parameters.push_back(unused);
  for (const bool allowed : {false, true}) {
    FastOptions options = kSmallBuckets;
    options.find_unused_parameters = allowed;
    clear(parameters);
    FastExchange exchange(group, kMicroBatches, parameters, "generator", options);
    const MicroBatchRun run = own_run();
    for (std::int64_t i = run.begin; i < run.begin + run.count; ++i) {
      const at::Tensor loss = loss_of(parameters, i);
      exchange.before_backward(loss);
      loss.backward();
      exchange.after_backward();
    }
    if (allowed) {
      exchange.finish();
      const std::vector<at::Tensor> expected = local_mean(10);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_TRUE(torch::allclose(parameters[i].grad(), expected[i], 1e-5, 1e-6)) << i;
      }
      EXPECT_FALSE(unused.grad().defined());
    } else {
      EXPECT_THAT([&] { exchange.finish(); },
                  testing::ThrowsMessage<ClusterError>(testing::HasSubstr("left parameters without gradient")));
    }
  }
}

}  // namespace
}  // namespace understudy
