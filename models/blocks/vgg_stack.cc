#include "models/blocks/vgg_stack.h"

#include <array>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <torch/torch.h>

namespace understudy {
namespace {

constexpr std::array<std::int64_t, 5> kWidths{64, 128, 256, 512, 512};
constexpr std::array<double, 3> kCaffeMeans{103.939, 116.779, 123.68};

}  // namespace

std::vector<VggConvolution> vgg_convolutions(std::span<const int> stages) {
  std::vector<VggConvolution> convolutions;
  std::int64_t index = 0;
  std::int64_t inputs = 3;
  for (std::size_t stage = 0; stage < stages.size(); ++stage) {
    for (int i = 0; i < stages[stage]; ++i) {
      convolutions.push_back({index, inputs, kWidths.at(stage), stage > 0 && i == 0});
      inputs = kWidths.at(stage);
      index += 2;  // the ReLU has a place of its own
    }
    ++index;  // and so has the pooling
  }
  return convolutions;
}

VggStack::VggStack(std::vector<VggConvolution> convolutions, VggPooling pooling)
    : convolutions_(std::move(convolutions)), pooling_(pooling) {
  for (const VggConvolution& layer : convolutions_) {
    const ConvShape shape{.inputs = layer.inputs, .outputs = layer.outputs, .kernel = 3, .padding = 1};
    layers_.push_back(register_module(std::to_string(layer.index), std::make_shared<Conv2d>(shape)));
  }
}

at::Tensor VggStack::step(std::size_t i, at::Tensor activation) const {
  if (convolutions_[i].after_pooling) {
    const bool average = pooling_ == VggPooling::kAverage;
    activation = average ? at::avg_pool2d(activation, 2, 2) : at::max_pool2d(activation, 2, 2);
  }
  return layers_[i]->forward(activation).relu_();
}

at::Tensor VggStack::last_activation(at::Tensor activation) const {
  // Moved, so that without a graph a pooled map's original is gone before the convolution needs its memory.
  for (std::size_t i = 0; i < layers_.size(); ++i) activation = step(i, std::move(activation));
  return activation;
}

std::vector<at::Tensor> VggStack::all_activations(at::Tensor activation) const {
  std::vector<at::Tensor> activations;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    activation = step(i, std::move(activation));
    activations.push_back(activation);
  }
  return activations;
}

at::Tensor caffe_input(const at::Tensor& pictures) {
  std::vector<at::Tensor> channels;
  for (std::size_t c = 0; c < kCaffeMeans.size(); ++c) {
    channels.push_back(pictures.narrow(1, static_cast<std::int64_t>(c), 1) * 127.5 + (127.5 - kCaffeMeans[c]));
  }
  return at::cat(channels, 1);
}

NamedTensors stack_tensors(const NamedTensors& file,
                           std::span<const VggConvolution> convolutions,
                           std::string_view prefix,
                           std::string_view group) {
  std::set<std::string> wanted;
  for (const VggConvolution& layer : convolutions) {
    wanted.insert(fmt::format("{}{}.weight", group, layer.index));
    wanted.insert(fmt::format("{}{}.bias", group, layer.index));
  }
  NamedTensors found;
  for (const auto& [name, tensor] : file) {
    const std::string own = name.starts_with(prefix) ? name.substr(prefix.size()) : name;
    if (wanted.contains(own)) found.emplace_back(own, tensor);
  }
  return found;
}

}  // namespace understudy
