#include "losses/pixel.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>

#include "losses/shape_check.h"

namespace understudy {
namespace {

void require_pixel_list(const at::Tensor& pixels, const at::Tensor& index, const char* what) {
  require_shape(pixels.dim() == 3 && pixels.size(2) == 3, pixels, "[B, P, 3]", what);
  require_shape(
      index.dim() == 2 && index.sizes() == pixels.sizes().slice(0, 2), index, "an index per pixel [B, P]", what);
}

}  // namespace

at::Tensor pixel_mse(const at::Tensor& predicted, const at::Tensor& target) {
  require_same_shape(predicted, target, "pixel error");
  require_shape(predicted.dim() >= 2 && predicted.numel() > 0,
                predicted,
                "[B, ...] with at least one value a sample",
                "pixel error");
  return (predicted - target).square().flatten(1).mean(1);
}

at::Tensor psnr(const at::Tensor& mse) {
  return mse.log10() * -10.0;
}

at::Tensor scatter_pixels(const at::Tensor& sampled,
                          const at::Tensor& sampled_index,
                          const at::Tensor& rest,
                          const at::Tensor& rest_index,
                          std::int64_t size) {
  require_pixel_list(sampled, sampled_index, "sampled pixels");
  require_pixel_list(rest, rest_index, "remaining pixels");
  require_shape(sampled.size(0) == rest.size(0), rest, "as many samples as the sampled pixels", "remaining pixels");
  require_shape(
      sampled.size(1) + rest.size(1) == size * size, rest, "every pixel that was not sampled", "remaining pixels");
  const at::Tensor pixels = at::cat({sampled, rest}, 1);
  const at::Tensor index = at::cat({sampled_index, rest_index}, 1).unsqueeze(2).expand_as(pixels);
  return at::zeros_like(pixels).scatter(1, index, pixels).view({-1, size, size, 3}).permute({0, 3, 1, 2});
}

at::Tensor gather_pixels(const at::Tensor& picture, const at::Tensor& index) {
  require_shape(picture.dim() == 4 && picture.size(1) == 3, picture, "[B, 3, N, N]", "gathered pixels");
  require_shape(index.dim() == 2 && index.size(0) == picture.size(0), index, "[B, P]", "gathered pixels");
  const at::Tensor columns = index.unsqueeze(1).expand({-1, 3, -1});
  return picture.flatten(2).gather(2, columns).transpose(1, 2).contiguous();
}

}  // namespace understudy
