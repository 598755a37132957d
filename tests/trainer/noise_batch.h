#pragma once

#include <ATen/ATen.h>

#include "trainer/recipes/fsrt/fsrt_batch.h"
#include "trainer/recipes/fsrt/fsrt_step.h"

namespace understudy {

// First iterations of FSRT's phases with the official lengths; III with the generator's adversarial loss.
inline constexpr Iteration kPhase1 = 0;
inline constexpr Iteration kPhase2 = 200'000;
inline constexpr Iteration kPhase3 = 500'500;

/// A micro-batch of noise with as many queries as the iteration has, the first pixels of the picture.
inline MicroBatch noise_batch(const FsrtRecipeConfig& config, std::int64_t samples, Iteration iteration) {
  const std::int64_t n = config.model.image_size;
  const std::int64_t queries = FsrtPhase::at(config.phases, iteration).whole_picture ? config.data.query_pixels
                                                                                     : config.data.query_pixels_phase1;
  const auto sources = [&] { return at::rand({samples, config.model.sources, 3, n, n}); };
  const auto driving = [&] { return at::rand({samples, 3, n, n}); };
  const FsrtBatch batch{.source_a1 = sources(),
                        .source_a2 = sources(),
                        .source_full_a2 = sources(),
                        .driving_a1 = driving(),
                        .driving_a2 = driving(),
                        .driving_full_a2 = driving(),
                        .driving_face_a3 = driving(),
                        .crop_scale = at::ones({samples, 2}),
                        .crop_shift = at::zeros({samples, 2}),
                        .query_pixels = at::arange(queries, at::kLong).expand({samples, -1}).contiguous(),
                        .plain_from_a2 = at::zeros({samples}, at::kByte),
                        .use_plain_expression = at::zeros({samples}, at::kByte)};
  return {.iteration = iteration,
          .index = 0,
          .episodes = std::vector<Episode>(static_cast<std::size_t>(samples)),
          .tensors = to_sample(batch)};
}

}  // namespace understudy
