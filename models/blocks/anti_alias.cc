#include "models/blocks/anti_alias.h"

#include <cmath>

#include <fmt/format.h>
#include <torch/torch.h>

#include "common/errors.h"
#include "models/blocks/layers.h"

namespace understudy {
namespace {

std::int64_t step_of(double scale) {
  const double step = 1.0 / scale;
  const auto whole = static_cast<std::int64_t>(std::lround(step));
  if (scale <= 0.0 || scale > 1.0 || std::abs(step - static_cast<double>(whole)) > 1e-9) {
    throw ShapeError(fmt::format("down-sampling by {} is impossible; take 1, 1/2, 1/3, 1/4, ...", scale));
  }
  return whole;
}

at::Tensor gaussian_kernel(std::int64_t step) {
  const double sigma = (static_cast<double>(step) - 1.0) / 2.0;
  const auto half = static_cast<std::int64_t>(std::nearbyint(4.0 * sigma));
  const at::Tensor offset = at::arange(-half, half + 1, at::kDouble);
  const at::Tensor line = sigma > 0 ? (-offset.square() / (2.0 * sigma * sigma)).exp() : at::ones_like(offset);
  const at::Tensor square = line.unsqueeze(1) * line;
  return (square / square.sum()).to(at::kFloat);
}

}  // namespace

AntiAlias::AntiAlias(std::int64_t channels, double scale) : step_(step_of(scale)) {
  const at::Tensor kernel = gaussian_kernel(step_);
  weight_ = register_buffer("weight", kernel.expand({channels, 1, -1, -1}).contiguous());
}

at::Tensor AntiAlias::forward(const at::Tensor& images) const {
  if (step_ == 1) return images;
  return at::conv2d(images, weight_, {}, step_, weight_.size(2) / 2, 1, weight_.size(0));
}

ImagePyramid::ImagePyramid(std::int64_t channels, const std::vector<double>& scales) {
  torch::nn::Module& downs = add_group(*this, "downs");
  for (const double scale : scales) {
    levels_.push_back(downs.register_module(scale_name(scale), std::make_shared<AntiAlias>(channels, scale)));
  }
}

std::vector<at::Tensor> ImagePyramid::forward(const at::Tensor& images) const {
  std::vector<at::Tensor> pictures;
  for (const auto& level : levels_) pictures.push_back(level->forward(images));
  return pictures;
}

std::string scale_name(double scale) {
  std::string name = fmt::format("{:g}", scale);
  for (char& letter : name) {
    if (letter == '.') letter = '-';
  }
  return name;
}

}  // namespace understudy
