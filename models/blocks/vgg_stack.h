#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/blocks/layers.h"
#include "models/blocks/state.h"

namespace understudy {

/// One 3x3 convolution of a VGG network, to which its ReLU belongs.
struct VggConvolution {
  std::int64_t index;  ///< in torchvision's `features`, where convolutions, ReLUs and poolings count; names its tensors
  std::int64_t inputs;   ///< channels
  std::int64_t outputs;  ///< channels
  bool after_pooling;    ///< the first of a stage that is not the first
};

/// The convolutions of a VGG network (Simonyan & Zisserman 2015, table 1).
/// @param stages  how many each resolution has, at most five, 64, 128, 256, 512 and 512 channels wide
std::vector<VggConvolution> vgg_convolutions(std::span<const int> stages);

enum class VggPooling { kMax, kAverage };

/// A run of VGG convolutions with ReLU, and 2x2 pooling of stride 2 where a stage begins; children are named by index.
class VggStack : public torch::nn::Module {
 public:
  VggStack(std::vector<VggConvolution> convolutions, VggPooling pooling);
  /// @param activation  [n, inputs of the first convolution, h, w]  @return the last ReLU's output
  at::Tensor last_activation(at::Tensor activation) const;
  /// @return the output of every ReLU, in order
  std::vector<at::Tensor> all_activations(at::Tensor activation) const;

 private:
  at::Tensor step(std::size_t i, at::Tensor activation) const;

  std::vector<VggConvolution> convolutions_;
  std::vector<std::shared_ptr<Conv2d>> layers_;
  VggPooling pooling_;
};

/// Pictures as the perceptual losses of latent pose descriptors show them to Caffe networks: 127.5 (x + 1) - m with the
/// means m of 103.939, 116.779 and 123.68. As in the official code, [0, 1] counts as if it were [-1, 1], and the means,
/// which belong to blue, green and red, are taken off red, green and blue.
/// @param pictures  [n, 3, h, w], red, green, blue
at::Tensor caffe_input(const at::Tensor& pictures);

/// Of a weight file the tensors of the convolutions, `group` + "N.weight" and "N.bias"; what else it holds (a
/// classifier, deeper layers) is left out.
/// @param prefix  taken off the names that carry it
/// @param group   of the stack within its network, such as "features.", or empty
NamedTensors stack_tensors(const NamedTensors& file,
                           std::span<const VggConvolution> convolutions,
                           std::string_view prefix,
                           std::string_view group);

}  // namespace understudy
