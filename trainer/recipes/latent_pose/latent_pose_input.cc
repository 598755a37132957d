#include "trainer/recipes/latent_pose/latent_pose_input.h"

#include <ATen/ATen.h>

#include "data_pipeline/latent_pose_sample.h"

namespace understudy {

at::Tensor latent_pose_input(std::span<const Picture> pictures, const LatentPoseRecipeConfig& config) {
  const std::int64_t n = config.model.image_size;
  at::Tensor input = at::empty({std::ssize(pictures), 3, n, n});
  for (std::int64_t i = 0; i < input.size(0); ++i) {
    render_pictures({.frames = pictures.subspan(static_cast<std::size_t>(i), 1), .boxes = {}},
                    {},
                    config.data.official_border,
                    static_cast<int>(n),
                    {.pose_frame = input[i].data_ptr<float>()});
  }
  return input.to(config.precision == Precision::kFloat64 ? at::kDouble : at::kFloat);
}

}  // namespace understudy
