#pragma once

#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace understudy {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Parameters and buffers under their official names, in the order of a PyTorch state dict: of each module its own
/// parameters, its own buffers, then its children. The tensors share the network's memory.
NamedTensors state_of(const torch::nn::Module& network);

/// Copies every tensor of `state` into the tensor of that name; converts the number type.
/// @param what  named in messages, such as "the keypoint detector"
/// @throws CheckpointError  listing missing, unexpected and misshapen names; the network is unchanged then
void load_state(torch::nn::Module& network, const NamedTensors& state, std::string_view what);

/// Converts every floating-point parameter and buffer; counters stay integers. Call before an optimiser or a gradient
/// exists.
void convert_precision(torch::nn::Module& network, at::ScalarType precision);

/// Lets gradients flow into the network's parameters, or not.
void set_trainable(torch::nn::Module& network, bool trainable);

/// Keeps a network's parameters out of the graph while it lives, then restores each one's state. Used for the
/// discriminator in the generator's step: its gradients would be computed only to be thrown away.
class Frozen {
 public:
  explicit Frozen(const torch::nn::Module& network);
  ~Frozen();
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

 private:
  std::vector<std::pair<at::Tensor, bool>> before_;
};

/// Number of trainable numbers: parameters, not buffers.
std::int64_t parameter_count(const torch::nn::Module& network);

}  // namespace understudy
