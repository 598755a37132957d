#include "models/blocks/spectral_norm.h"

#include <cmath>

#include <torch/torch.h>

#include "models/blocks/autocast.h"

namespace understudy {
namespace {

constexpr double kDefaultEpsilon = 1e-12;

at::Tensor unit(const at::Tensor& vector, double epsilon) {
  return vector / vector.norm().clamp_min(epsilon);
}

at::Tensor constant_unit_vector(std::int64_t length) {
  return at::full({length}, 1.0 / std::sqrt(static_cast<double>(length)));
}

std::vector<std::int64_t> weight_sizes(const ConvShape& shape) {
  return {shape.outputs, shape.inputs, shape.kernel, shape.kernel};
}

}  // namespace

SpectralWeight::SpectralWeight(torch::nn::Module& owner, at::IntArrayRef sizes, double epsilon) : epsilon_(epsilon) {
  weight_ = owner.register_parameter("weight_orig", at::zeros(sizes));
  u_ = owner.register_buffer("weight_u", constant_unit_vector(sizes[0]));
  v_ = owner.register_buffer("weight_v", constant_unit_vector(weight_.numel() / sizes[0]));
}

void SpectralWeight::iterate_power(std::size_t passes) {
  const at::NoGradGuard no_grad;
  const at::Tensor matrix = weight_.flatten(1);
  pairs_.clear();
  for (std::size_t i = 0; i < passes; ++i) {
    const at::Tensor v = unit(at::mv(matrix.t(), i == 0 ? u_ : pairs_.back().u), epsilon_);
    pairs_.push_back({.u = unit(at::mv(matrix, v), epsilon_), .v = v});
  }
  u_.copy_(pairs_.back().u);
  v_.copy_(pairs_.back().v);
}

SpectralWeight::Pair SpectralWeight::pair(SpectralPass pass) const {
  // Copies: the next power iteration changes the buffers while a graph may still need these.
  if (pass == SpectralPass::kStored) return {.u = u_.clone(), .v = v_.clone()};
  return pairs_.at(static_cast<std::size_t>(pass) - 1);
}

at::Tensor SpectralWeight::sigma(SpectralPass pass) const {
  const ProductsScope exact(weight_.device().type(), Products::kAsGiven);
  const Pair vectors = pair(pass);
  return at::dot(vectors.u, at::mv(weight_.flatten(1), vectors.v));
}

SpectralConv2d::SpectralConv2d(const ConvShape& shape, double epsilon)
    : shape_(shape),
      bias_(shape.with_bias ? register_parameter("bias", at::zeros({shape.outputs})) : at::Tensor()),
      weight_(*this, weight_sizes(shape), epsilon) {}

at::Tensor SpectralConv2d::forward(const at::Tensor& input, SpectralPass pass) const {
  return at::conv2d(input, weight_.normed(pass), bias_, shape_.stride, shape_.padding);
}

SpectralLinear::SpectralLinear(std::int64_t inputs, std::int64_t outputs, double epsilon)
    : bias_(register_parameter("bias", at::zeros({outputs}))), weight_(*this, {outputs, inputs}, epsilon) {}

at::Tensor SpectralLinear::forward(const at::Tensor& input, SpectralPass pass) const {
  const ProductsScope exact(bias_.device().type(), Products::kAsGiven);
  return at::linear(input.to(bias_.scalar_type()), weight_.normed(pass), bias_);
}

SpectralEmbedding::SpectralEmbedding(std::int64_t rows, std::int64_t width, double epsilon)
    : weight_(*this, {rows, width}, epsilon) {}

at::Tensor SpectralEmbedding::forward(const at::Tensor& rows, SpectralPass pass) const {
  // Divided after the look-up: the same numbers without a second matrix, which has a row for every training video.
  return weight_.original().index_select(0, rows) / weight_.sigma(pass);
}

DiscriminatorConv::DiscriminatorConv(const ConvShape& shape, bool spectral_norm) : shape_(shape) {
  if (!spectral_norm) plain_weight_ = register_parameter("weight", at::zeros(weight_sizes(shape)));
  bias_ = register_parameter("bias", at::zeros({shape.outputs}));
  if (spectral_norm) spectral_weight_.emplace(*this, weight_sizes(shape), kDefaultEpsilon);
}

at::Tensor DiscriminatorConv::forward(const at::Tensor& input) const {
  const at::Tensor weight = spectral_weight_ ? spectral_weight_->normed(SpectralPass::kStored) : plain_weight_;
  return at::conv2d(input, weight, bias_, shape_.stride, shape_.padding);
}

void DiscriminatorConv::iterate_power() {
  if (spectral_weight_) spectral_weight_->iterate_power();
}

}  // namespace understudy
