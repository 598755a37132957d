#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace understudy {

/// Down-samples by 1 / scale after a Gaussian blur with sigma = (1 / scale - 1) / 2 (FOMM's AntiAliasInterpolation2d):
/// zero padding, then every (1 / scale)-th row and column from index 0. The kernel is the buffer "weight". Scale 1 is
/// the identity.
class AntiAlias : public torch::nn::Module {
 public:
  /// @throws ShapeError  unless 1 / scale is a whole number
  AntiAlias(std::int64_t channels, double scale);
  at::Tensor forward(const at::Tensor& images) const;

 private:
  std::int64_t step_;
  at::Tensor weight_;
};

/// One AntiAlias a scale (FOMM's ImagePyramide). It has no trainable parameter.
class ImagePyramid : public torch::nn::Module {
 public:
  explicit ImagePyramid(std::int64_t channels, const std::vector<double>& scales);
  /// @return one picture a scale, in the order of the scales
  std::vector<at::Tensor> forward(const at::Tensor& images) const;

 private:
  std::vector<std::shared_ptr<AntiAlias>> levels_;
};

/// How the official systems spell a scale in names: 1 -> "1", 0.5 -> "0-5".
std::string scale_name(double scale);

}  // namespace understudy
