#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <torch/csrc/jit/api/module.h>
#include <torch/nn/module.h>

namespace understudy {

// TorchScript written by hand from C++: a twin of a network holds its tensors, and methods are defined on it part by
// part, children before their owners.

/// Twin of a network without methods: the same children, parameters and buffers under the same names, sharing their
/// memory and taking no gradient. Every part has the attribute `training`, false.
/// @param class_name  an identifier; a part's class is called <class_name>_<path>
torch::jit::Module script_twin(const torch::nn::Module& network, const std::string& class_name);

/// A part without tensors, to which twins are added as children.
torch::jit::Module script_group(const std::string& class_name);

/// The part at a dotted path such as "conv_blocks.0.layers". @throws CheckpointError  naming the step that is missing
torch::jit::Module script_part(torch::jit::Module module, std::string_view path);

/// Gives a part a whole number that its methods read as self.<name>.
void script_constant(torch::jit::Module part, const std::string& name, std::int64_t value);

// Methods `forward(x)` of the layers of layers.h.
void script_linear(torch::jit::Module layer);
void script_layer_norm(torch::jit::Module layer);
void script_conv(torch::jit::Module layer, std::int64_t stride, std::int64_t padding);
void script_batch_norm(torch::jit::Module layer);
/// Also `after_first(x)`, which continues from the first layer's output before its ReLU.
void script_mlp(torch::jit::Module mlp);

}  // namespace understudy
