#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "trainer/recipe.h"

namespace understudy {

/// Adam (Kingma & Ba 2015, Algorithm 1) in torch's form, without weight decay or AMSGrad, in one pass over each tensor;
/// or RAdam (Liu et al. 2020, Algorithm 2) as its authors' code has it: steps along the first moment alone until the
/// variance of the second is tractable (five steps for beta2 = 0.999), and epsilon beside the root of the uncorrected
/// second moment. The state is plain tensors, so that checkpoints need no detour.
class Adam {
 public:
  Adam(std::vector<std::pair<std::string, at::Tensor>> parameters, AdamOptions options);

  /// One step, on the parameters' device. @param gradients  one a parameter, in their order; an undefined one leaves
  /// its parameter alone
  void step(std::span<const at::Tensor> gradients, double learning_rate);

  /// "<name>.exp_avg", "<name>.exp_avg_sq" for each parameter and "step" (float64 scalar on the CPU): the tensors
  /// themselves.
  std::vector<std::pair<std::string, at::Tensor>> state() const;

 private:
  void adam_step(std::span<const at::Tensor> gradients, double learning_rate);
  void radam_step(std::span<const at::Tensor> gradients, double learning_rate);

  std::vector<std::pair<std::string, at::Tensor>> parameters_;
  std::vector<at::Tensor> first_moments_;
  std::vector<at::Tensor> second_moments_;
  at::Tensor steps_;  ///< one count for all parameters: each sees every step
  AdamOptions options_;
};

}  // namespace understudy
