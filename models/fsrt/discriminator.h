#pragma once

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/blocks/layers.h"
#include "models/blocks/spectral_norm.h"
#include "models/fsrt/fsrt_config.h"

namespace understudy {

/// A discriminator's answer at one scale.
struct Judgement {
  std::vector<at::Tensor> features;  ///< output of each block
  at::Tensor map;                    ///< [n, 1, h, w], no sigmoid (least-squares GAN)
};

/// Patch discriminator at one scale with keypoint heatmaps as further channels.
class Discriminator : public torch::nn::Module {
 public:
  explicit Discriminator(const FsrtModelConfig& config);
  /// @param images  [n, 3, h, w], resized to the configured picture size (corners aligned)  @param keypoints  [n, k, 2]
  Judgement forward(const at::Tensor& images, const at::Tensor& keypoints) const;
  /// One power iteration of every spectrally normed layer.
  void iterate_power();

 private:
  struct Block {
    std::shared_ptr<DiscriminatorConv> conv;
    std::shared_ptr<InstanceNorm2d> norm;  // absent in the first block
  };
  at::Tensor input_channels(const at::Tensor& images, const at::Tensor& keypoints) const;

  std::int64_t image_size_;
  bool use_keypoints_;
  std::vector<Block> blocks_;
  std::shared_ptr<DiscriminatorConv> conv_;
};

/// One Discriminator a scale, children discs.<scale>.
class MultiScaleDiscriminator : public torch::nn::Module {
 public:
  explicit MultiScaleDiscriminator(const FsrtModelConfig& config);
  /// @param pyramid  one picture a scale, from ImagePyramid  @return one judgement a scale
  std::vector<Judgement> forward(const std::vector<at::Tensor>& pyramid, const at::Tensor& keypoints) const;
  void iterate_power();

 private:
  std::vector<std::shared_ptr<Discriminator>> discs_;
};

}  // namespace understudy
