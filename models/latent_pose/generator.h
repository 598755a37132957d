#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/blocks/adain.h"
#include "models/blocks/layers.h"
#include "models/blocks/spectral_norm.h"
#include "models/latent_pose/generator_config.h"

namespace understudy {

/// Pre-activation residual block of the generator: twice adaptive instance norm, ReLU and a 3x3 convolution without
/// bias, with nearest-neighbour doubling before the first convolution of an up-block.
class GeneratorBlock : public torch::nn::Module {
 public:
  GeneratorBlock(std::int64_t inputs, std::int64_t outputs, bool doubles);
  /// @param input  [n, inputs, h, w]  @return [n, outputs, h, w], of an up-block [n, outputs, 2h, 2w]
  at::Tensor forward(const at::Tensor& input, const AdainAffine& before, const AdainAffine& between) const;
  void iterate_power();

 private:
  at::Tensor resized(const at::Tensor& input) const;

  bool doubles_;
  std::shared_ptr<SpectralConv2d> first_;
  std::shared_ptr<SpectralConv2d> second_;
  std::shared_ptr<SpectralConv2d> skip_;  // absent where the input can be added as it is
};

/// A head as the generator draws it.
struct LatentPosePicture {
  at::Tensor fake_rgbs;          ///< [n, 3, h, w], foreground on black, in about (-0.25, 1.25): not clamped
  at::Tensor fake_segm;          ///< [n, 1, h, w], foreground mask in (0, 1)
  at::Tensor affine_parameters;  ///< [n, 2 x sum of adain_channels], coefficients of the adaptive instance norms
};

/// Generator of latent pose descriptors (Burkov et al. 2020, section 3.2): a learned constant becomes a picture through
/// residual blocks, steered by adaptive instance norms whose coefficients follow from identity and pose.
class LatentPoseGenerator : public torch::nn::Module {
 public:
  explicit LatentPoseGenerator(const LatentPoseGeneratorConfig& config);
  /// @param identity  [n, identity_size]  @param pose  [n, pose_size]
  LatentPosePicture forward(const at::Tensor& identity, const at::Tensor& pose) const;
  /// Draws the person given to set_identity. @pre has_identity()
  LatentPosePicture forward(const at::Tensor& pose) const;

  /// Makes one person's identity a parameter, `identity_embedding` [1, identity_size], the first of all: fine-tuning.
  /// A second call replaces its values. @param embedding  identity_size numbers
  void set_identity(const at::Tensor& embedding);
  bool has_identity() const { return identity_embedding_.defined(); }

  /// One power iteration of every layer, once an iteration before its micro-batches.
  void iterate_power();

 private:
  at::Tensor decode(const at::Tensor& affine_parameters) const;

  LatentPoseGeneratorConfig config_;
  at::Tensor identity_embedding_;  // undefined until set_identity
  at::Tensor constant_;
  std::vector<std::shared_ptr<GeneratorBlock>> blocks_;
  std::shared_ptr<SpectralConv2d> last_;
  std::shared_ptr<SpectralLinear> hidden_;
  std::shared_ptr<SpectralLinear> affine_;
};

/// The published start: PyTorch's defaults by keyed draws, and ones for the constant.
/// @param start_spread  the constant is drawn uniformly within this distance of 1
void initialize(LatentPoseGenerator& generator, std::uint64_t seed, std::string_view name, double start_spread = 0.0);

}  // namespace understudy
