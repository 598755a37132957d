#include "models/blocks/vgg19.h"

#include <array>
#include <charconv>

#include <torch/torch.h>

namespace understudy {
namespace {

struct Layer {
  int slice;  // 1 ... 5
  int index;  // in torchvision's `features`
  std::int64_t inputs;
  std::int64_t outputs;
};

constexpr std::array<Layer, 13> kConvolutions{{{1, 0, 3, 64},
                                               {2, 2, 64, 64},
                                               {2, 5, 64, 128},
                                               {3, 7, 128, 128},
                                               {3, 10, 128, 256},
                                               {4, 12, 256, 256},
                                               {4, 14, 256, 256},
                                               {4, 16, 256, 256},
                                               {4, 19, 256, 512},
                                               {5, 21, 512, 512},
                                               {5, 23, 512, 512},
                                               {5, 25, 512, 512},
                                               {5, 28, 512, 512}}};

bool pool_before(int index) {
  return index == 5 || index == 10 || index == 19 || index == 28;
}

at::Tensor mean_of_imagenet() {
  return at::tensor({0.485, 0.456, 0.406}, at::kFloat).view({1, 3, 1, 1});
}
at::Tensor std_of_imagenet() {
  return at::tensor({0.229, 0.224, 0.225}, at::kFloat).view({1, 3, 1, 1});
}

int slice_of(int index) {
  for (const Layer& layer : kConvolutions) {
    if (layer.index == index) return layer.slice;
  }
  return 0;
}

}  // namespace

Vgg19::Vgg19() {
  mean_ = register_parameter("mean", mean_of_imagenet(), /*requires_grad=*/false);
  std_ = register_parameter("std", std_of_imagenet(), /*requires_grad=*/false);
  slices_.resize(5);
  torch::nn::Module* slice = nullptr;
  for (const Layer& layer : kConvolutions) {
    auto& members = slices_[static_cast<std::size_t>(layer.slice - 1)];
    if (members.empty()) slice = &add_group(*this, "slice" + std::to_string(layer.slice));
    const ConvShape shape{.inputs = layer.inputs, .outputs = layer.outputs, .kernel = 3, .padding = 1};
    members.emplace_back(layer.index,
                         slice->register_module(std::to_string(layer.index), std::make_shared<Conv2d>(shape)));
  }
  set_trainable(*this, false);
}

std::vector<at::Tensor> Vgg19::forward(const at::Tensor& images) const {
  std::vector<at::Tensor> taps;
  at::Tensor activation = (images - mean_).div_(std_);
  for (const auto& slice : slices_) {
    for (const auto& [index, conv] : slice) {
      if (pool_before(index)) activation = at::max_pool2d(activation, 2, 2);
      activation = conv->forward(activation).relu_();
    }
    taps.push_back(activation);
  }
  return taps;
}

NamedTensors official_vgg19_names(const NamedTensors& state) {
  constexpr std::string_view kPrefix = "features.";
  NamedTensors renamed{{"mean", mean_of_imagenet()}, {"std", std_of_imagenet()}};
  for (const auto& [name, tensor] : state) {
    if (name == "mean") renamed[0].second = tensor;
    if (name == "std") renamed[1].second = tensor;
    if (name.starts_with("slice")) renamed.emplace_back(name, tensor);
    if (!name.starts_with(kPrefix)) continue;
    int index = -1;
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), index);
    if (const int slice = slice_of(index)) {
      renamed.emplace_back("slice" + std::to_string(slice) + "." + name.substr(kPrefix.size()), tensor);
    }
  }
  return renamed;
}

}  // namespace understudy
