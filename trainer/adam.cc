#include "trainer/adam.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/ops/_fused_adam.h>

namespace understudy {
namespace {

/// Length of the approximated moving average from which RAdam divides by the second moment, as in its authors' code.
constexpr double kTractable = 5.0;

/// The fused step wants a gradient to lie in memory like its parameter, which autograd leaves open for dimensions of
/// size 1.
at::Tensor laid_out_like(const at::Tensor& gradient, const at::Tensor& parameter) {
  return gradient.strides() == parameter.strides() ? gradient : at::empty_like(parameter).copy_(gradient);
}

}  // namespace

Adam::Adam(std::vector<std::pair<std::string, at::Tensor>> parameters, AdamOptions options)
    : parameters_(std::move(parameters)), steps_(at::zeros({}, at::kDouble)), options_(options) {
  for (const auto& [name, parameter] : parameters_) {
    first_moments_.push_back(at::zeros_like(parameter));
    second_moments_.push_back(at::zeros_like(parameter));
  }
}

void Adam::step(std::span<const at::Tensor> gradients, double learning_rate) {
  const at::NoGradGuard no_grad;
  steps_.add_(1);
  if (options_.kind == AdamKind::kRAdam) {
    radam_step(gradients, learning_rate);
  } else {
    adam_step(gradients, learning_rate);
  }
}

void Adam::radam_step(std::span<const at::Tensor> gradients, double learning_rate) {
  const auto t = steps_.item<double>();
  const double beta2_power = std::pow(options_.beta2, t);
  const double longest = 2.0 / (1.0 - options_.beta2) - 1.0;
  const double length = longest - 2.0 * t * beta2_power / (1.0 - beta2_power);
  const bool rectified = length >= kTractable;
  double rate = learning_rate / (1.0 - std::pow(options_.beta1, t));
  if (rectified) {
    const double rectification =
        (length - 4.0) * (length - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * length);
    rate *= std::sqrt((1.0 - beta2_power) * rectification);
  }
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!gradients[i].defined()) continue;
    at::Tensor& first = first_moments_[i];
    at::Tensor& second = second_moments_[i];
    second.mul_(options_.beta2).addcmul_(gradients[i], gradients[i], 1.0 - options_.beta2);
    first.mul_(options_.beta1).add_(gradients[i], 1.0 - options_.beta1);
    if (rectified) {
      parameters_[i].second.addcdiv_(first, second.sqrt().add_(options_.epsilon), -rate);
    } else {
      parameters_[i].second.add_(first, -rate);
    }
  }
}

void Adam::adam_step(std::span<const at::Tensor> gradients, double learning_rate) {
  at::Tensor step;  // as the fused step reads it: float32 on the parameters' device
  std::vector<at::Tensor> parameters;
  std::vector<at::Tensor> used_gradients;
  std::vector<at::Tensor> first;
  std::vector<at::Tensor> second;
  std::vector<at::Tensor> steps;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!gradients[i].defined()) continue;
    const at::Tensor& parameter = parameters_[i].second;
    if (!step.defined()) step = steps_.to(parameter.device(), at::kFloat);
    parameters.push_back(parameter);
    used_gradients.push_back(laid_out_like(gradients[i], parameter));
    first.push_back(first_moments_[i]);
    second.push_back(second_moments_[i]);
    steps.push_back(step);
  }
  if (parameters.empty()) return;
  at::_fused_adam_(parameters,
                   used_gradients,
                   first,
                   second,
                   /*max_exp_avg_sqs=*/{},
                   steps,
                   learning_rate,
                   options_.beta1,
                   options_.beta2,
                   /*weight_decay=*/0.0,
                   options_.epsilon,
                   /*amsgrad=*/false,
                   /*maximize=*/false);
}

std::vector<std::pair<std::string, at::Tensor>> Adam::state() const {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    tensors.emplace_back(parameters_[i].first + ".exp_avg", first_moments_[i]);
    tensors.emplace_back(parameters_[i].first + ".exp_avg_sq", second_moments_[i]);
  }
  tensors.emplace_back("step", steps_);
  return tensors;
}

}  // namespace understudy
