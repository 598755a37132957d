#include "models/blocks/caffe_vgg19.h"

#include <array>

namespace understudy {
namespace {

constexpr std::array kStages{2, 2, 4, 4, 1};

}  // namespace

CaffeVgg19::CaffeVgg19() {
  features_ = register_module("features", std::make_shared<VggStack>(vgg_convolutions(kStages), VggPooling::kAverage));
  set_trainable(*this, false);
}

std::vector<at::Tensor> CaffeVgg19::forward(const at::Tensor& pictures) const {
  return features_->all_activations(caffe_input(pictures));
}

NamedTensors official_caffe_vgg19_names(const NamedTensors& state) {
  return stack_tensors(state, vgg_convolutions(kStages), "vgg19.", "features.");
}

}  // namespace understudy
