#pragma once

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/blocks/vgg_stack.h"

namespace understudy {

/// The Caffe VGG-19 up to relu5_1 with average pooling, the perceptual network of latent pose descriptors. Frozen: its
/// tensors, "features.N.weight" and "features.N.bias", never take a gradient. torchvision's VGG-19 (vgg19.h) has the
/// same names and shapes but was trained on other inputs.
class CaffeVgg19 : public torch::nn::Module {
 public:
  CaffeVgg19();
  /// @param pictures  [n, 3, h, w], h and w at least 16, in [0, 1], not clamped
  /// @return the outputs of all 13 ReLUs, relu1_1 to relu5_1
  std::vector<at::Tensor> forward(const at::Tensor& pictures) const;

 private:
  std::shared_ptr<VggStack> features_;
};

/// The stack's tensors of the official file (jcjohnson/pytorch-vgg's vgg19-d01eb7cb.pth) or of "vgg19.features.N.*";
/// the classifier and deeper layers are left out.
NamedTensors official_caffe_vgg19_names(const NamedTensors& state);

}  // namespace understudy
