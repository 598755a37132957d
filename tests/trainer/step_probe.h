#pragma once

#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include "tests/trainer/noise_batch.h"
#include "trainer/recipes/fsrt/fsrt_recipe.h"

namespace understudy {

/// What one training step computes before the optimisers, in double precision on the CPU.
struct StepProbe {
  std::vector<Term> terms;
  at::Tensor prediction;
  at::ScalarType prediction_type = at::kFloat;
  std::vector<at::Tensor> gradients;          ///< one a player, all its parameters in a row
  std::vector<std::string> without_gradient;  ///< parameters that an objective of their player leaves out
};

inline at::Tensor plain_double(const at::Tensor& tensor) {
  return tensor.detach().to(at::kCPU, at::kDouble);
}

/// |found - wanted| / |wanted| over all numbers.
inline double relative_error(const at::Tensor& found, const at::Tensor& wanted) {
  return ((found - wanted).norm() / wanted.norm()).item<double>();
}

inline StepProbe probe_step(FsrtRecipe& recipe, const MicroBatch& batch) {
  StepProbe probe;
  const FsrtPhase phase = FsrtPhase::at(FsrtPhaseConfig(), batch.iteration);
  FsrtPass pass = recipe.step().extract(from_sample(batch.tensors));
  recipe.step().predict(from_sample(batch.tensors), phase, pass);
  probe.prediction = plain_double(pass.prediction);
  probe.prediction_type = pass.prediction.scalar_type();
  std::vector<Player> players = recipe.players();
  for (const Objective& objective : recipe.objectives(batch, {})) {
    const Objective::Result result = objective.compute();
    result.loss.backward();
    probe.terms.insert(probe.terms.end(), result.terms.begin(), result.terms.end());
    std::vector<at::Tensor> gradients;
    for (const auto& [name, parameter] : players[objective.player].parameters) {
      if (!parameter.grad().defined()) probe.without_gradient.push_back(name);
      gradients.push_back(
          plain_double(parameter.grad().defined() ? parameter.grad() : at::zeros_like(parameter)).flatten());
    }
    probe.gradients.push_back(at::cat(gradients));
    for (Player& player : players) {
      for (auto& [name, parameter] : player.parameters) parameter.mutable_grad() = at::Tensor();
    }
  }
  return probe;
}

}  // namespace understudy
