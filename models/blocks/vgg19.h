#pragma once

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/blocks/state.h"
#include "models/blocks/vgg_stack.h"

namespace understudy {

/// The first 30 layers of VGG-19 in five slices that end at relu1_1, relu2_1, relu3_1, relu4_1 and relu5_1, with the
/// ImageNet normalisation in front. Frozen: its tensors never take a gradient.
class Vgg19 : public torch::nn::Module {
 public:
  Vgg19();
  /// @param images  [n, 3, h, w] in [0, 1], not clamped  @return five feature maps
  std::vector<at::Tensor> forward(const at::Tensor& images) const;

 private:
  std::vector<std::shared_ptr<VggStack>> slices_;
  at::Tensor mean_;
  at::Tensor std_;
};

/// Renames torchvision's "features.N.*" to "sliceK.N.*", drops its classifier and deeper layers, and adds mean and std
/// when they are absent; official names pass through.
NamedTensors official_vgg19_names(const NamedTensors& state);

}  // namespace understudy
