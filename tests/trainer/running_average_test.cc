#include "trainer/running_average.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace understudy {
namespace {

class Network : public torch::nn::Module {
 public:
  explicit Network(double value) {
    weight = register_parameter("weight", torch::full({2}, value, torch::kDouble));
    count = register_buffer("count", torch::full({}, value, torch::kDouble));
  }
  at::Tensor weight;
  at::Tensor count;
};

TEST(RunningAverage, FollowsParametersSlowlyAndBuffersAtOnce) {
  Network network(1.0);
  Network average(7.0);
  RunningAverage running(network, average, 0.9);
  EXPECT_TRUE(torch::equal(average.weight, network.weight));
  double wanted = 1.0;
  for (int i = 1; i <= 5; ++i) {
    {
      const at::NoGradGuard no_grad;
      network.weight.fill_(i * i);
      network.count.fill_(i);
    }
    running.update();
    wanted = 0.9 * wanted + 0.1 * i * i;
    EXPECT_NEAR(average.weight[1].item<double>(), wanted, 1e-14);
    EXPECT_EQ(average.count.item<double>(), i);
  }
  EXPECT_FALSE(average.weight.requires_grad());
  EXPECT_TRUE(network.weight.requires_grad());
}

TEST(RunningAverage, BeginsAgainAsACopy) {
  Network network(1.0);
  Network average(7.0);
  RunningAverage running(network, average, 0.9);
  {
    const at::NoGradGuard no_grad;
    network.weight.fill_(5.0);
    network.count.fill_(6.0);
  }
  running.restart();
  EXPECT_TRUE(torch::equal(average.weight, network.weight));
  EXPECT_EQ(average.count.item<double>(), 6.0);
}

}  // namespace
}  // namespace understudy
