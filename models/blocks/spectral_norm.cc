#include "models/blocks/spectral_norm.h"

#include <cmath>

#include <torch/torch.h>

#include "models/blocks/autocast.h"

namespace understudy {
namespace {

// PyTorch's normalize: divides by the norm, at least 1e-12.
at::Tensor unit(const at::Tensor& vector) {
  return vector / vector.norm().clamp_min(1e-12);
}

at::Tensor constant_unit_vector(std::int64_t length) {
  return at::full({length}, 1.0 / std::sqrt(static_cast<double>(length)));
}

}  // namespace

DiscriminatorConv::DiscriminatorConv(const ConvShape& shape, bool spectral_norm)
    : shape_(shape), spectral_norm_(spectral_norm) {
  const std::vector<std::int64_t> sizes{shape.outputs, shape.inputs, shape.kernel, shape.kernel};
  if (!spectral_norm) weight_ = register_parameter("weight", at::zeros(sizes));
  bias_ = register_parameter("bias", at::zeros({shape.outputs}));
  if (!spectral_norm) return;
  weight_ = register_parameter("weight_orig", at::zeros(sizes));
  u_ = register_buffer("weight_u", constant_unit_vector(shape.outputs));
  v_ = register_buffer("weight_v", constant_unit_vector(weight_.numel() / shape.outputs));
}

at::Tensor DiscriminatorConv::weight() const {
  if (!spectral_norm_) return weight_;
  const ProductsScope exact(weight_.device().type(), Products::kAsGiven);
  // Copies: the next power iteration changes the buffers while a graph may still need these.
  const at::Tensor sigma = at::dot(u_.clone(), at::mv(weight_.flatten(1), v_.clone()));
  return weight_ / sigma;
}

at::Tensor DiscriminatorConv::forward(const at::Tensor& input) const {
  return at::conv2d(input, weight(), bias_, shape_.stride, shape_.padding);
}

void DiscriminatorConv::iterate_power() {
  if (!spectral_norm_) return;
  const at::NoGradGuard no_grad;
  const at::Tensor matrix = weight_.flatten(1);
  v_.copy_(unit(at::mv(matrix.t(), u_)));
  u_.copy_(unit(at::mv(matrix, v_)));
}

}  // namespace understudy
