#pragma once

#include <string>
#include <utility>
#include <vector>

#include <torch/nn/module.h>

#include "models/blocks/state.h"

namespace understudy {

/// A network's exponential running average: parameters average <- decay * average + (1 - decay) * weight once an
/// iteration, buffers as they are now. What is shown to users of some systems.
class RunningAverage {
 public:
  /// Begins as a copy. @param average  a network of the same kind, which is never trained and takes the values
  /// @param decay  in [0, 1)
  RunningAverage(const torch::nn::Module& network, torch::nn::Module& average, double decay);

  /// Begins again as a copy, of weights from elsewhere.
  void restart();

  /// Called after the step of each iteration.
  void update();

 private:
  struct Pair {
    at::Tensor average;
    at::Tensor current;
  };
  std::vector<Pair> parameters_;
  std::vector<Pair> buffers_;
  double decay_;
};

}  // namespace understudy
