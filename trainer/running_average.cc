#include "trainer/running_average.h"

#include <ATen/ATen.h>

namespace understudy {

RunningAverage::RunningAverage(const torch::nn::Module& network, torch::nn::Module& average, double decay)
    : decay_(decay) {
  set_trainable(average, false);
  const auto take = [](const auto& current, const auto& copies, std::vector<Pair>& pairs) {
    for (const auto& item : current) pairs.push_back({copies[item.key()], item.value()});
  };
  take(network.named_parameters(), average.named_parameters(), parameters_);
  take(network.named_buffers(), average.named_buffers(), buffers_);
  restart();
}

void RunningAverage::restart() {
  const at::NoGradGuard no_grad;
  for (Pair& pair : parameters_) pair.average.copy_(pair.current);
  for (Pair& pair : buffers_) pair.average.copy_(pair.current);
}

void RunningAverage::update() {
  const at::NoGradGuard no_grad;
  for (Pair& pair : parameters_) pair.average.mul_(decay_).add_(pair.current, 1.0 - decay_);
  for (Pair& pair : buffers_) pair.average.copy_(pair.current);
}

}  // namespace understudy
