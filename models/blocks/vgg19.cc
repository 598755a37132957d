#include "models/blocks/vgg19.h"

#include <array>
#include <charconv>
#include <string>
#include <utility>

#include <torch/torch.h>

namespace understudy {
namespace {

constexpr std::array kStages{2, 2, 4, 4, 1};

/// The convolutions of each slice, which ends with the first one of a stage.
std::vector<std::vector<VggConvolution>> slices_of_vgg19() {
  std::vector<std::vector<VggConvolution>> slices(1);
  for (const VggConvolution& layer : vgg_convolutions(kStages)) {
    slices.back().push_back(layer);
    if (layer.index == 0 || layer.after_pooling) slices.emplace_back();
  }
  slices.pop_back();
  return slices;
}

at::Tensor mean_of_imagenet() {
  return at::tensor({0.485, 0.456, 0.406}, at::kFloat).view({1, 3, 1, 1});
}
at::Tensor std_of_imagenet() {
  return at::tensor({0.229, 0.224, 0.225}, at::kFloat).view({1, 3, 1, 1});
}

/// Counted from 1; 0 for the index of no convolution.
std::size_t slice_of(std::int64_t index) {
  const auto slices = slices_of_vgg19();
  for (std::size_t k = 0; k < slices.size(); ++k) {
    for (const VggConvolution& layer : slices[k]) {
      if (layer.index == index) return k + 1;
    }
  }
  return 0;
}

}  // namespace

Vgg19::Vgg19() {
  mean_ = register_parameter("mean", mean_of_imagenet(), /*requires_grad=*/false);
  std_ = register_parameter("std", std_of_imagenet(), /*requires_grad=*/false);
  for (auto& slice : slices_of_vgg19()) {
    slices_.push_back(register_module("slice" + std::to_string(slices_.size() + 1),
                                      std::make_shared<VggStack>(std::move(slice), VggPooling::kMax)));
  }
  set_trainable(*this, false);
}

std::vector<at::Tensor> Vgg19::forward(const at::Tensor& images) const {
  std::vector<at::Tensor> taps;
  at::Tensor activation = (images - mean_).div_(std_);
  for (const auto& slice : slices_) {
    activation = slice->last_activation(std::move(activation));
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
    std::int64_t index = -1;
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), index);
    if (const std::size_t slice = slice_of(index)) {
      renamed.emplace_back("slice" + std::to_string(slice) + "." + name.substr(kPrefix.size()), tensor);
    }
  }
  return renamed;
}

}  // namespace understudy
