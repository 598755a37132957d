#include "trainer/pictures.h"

#include <cstring>

#include <ATen/ATen.h>

namespace understudy {

Picture picture_of(const at::Tensor& planes) {
  const at::Tensor rounded = (planes.detach().clamp(0, 1) * 255).round().to(at::kCPU, at::kByte);
  const at::Tensor bytes = rounded.permute({1, 2, 0}).contiguous();
  Picture picture(static_cast<int>(planes.size(2)), static_cast<int>(planes.size(1)));
  std::memcpy(picture.rgb.data(), bytes.data_ptr(), picture.rgb.size());
  return picture;
}

at::Tensor planes_of(const Picture& picture) {
  at::Tensor bytes = at::empty({picture.height, picture.width, 3}, at::kByte);
  std::memcpy(bytes.data_ptr(), picture.rgb.data(), picture.rgb.size());
  return bytes.permute({2, 0, 1}).to(at::kFloat).div_(255).contiguous();
}

}  // namespace understudy
