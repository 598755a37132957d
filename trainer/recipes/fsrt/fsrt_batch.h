#pragma once

#include <ATen/core/Tensor.h>

#include "trainer/recipe.h"

namespace understudy {

/// A micro-batch of FSRT under its names (fsrt.batch.v1; b samples of s source frames, pictures of n x n pixels in [0,
/// 1]).
struct FsrtBatch {
  at::Tensor source_a1;        ///< [b, s, 3, n, n] source frames, colour version A1, out-of-frame-cropped
  at::Tensor source_a2;        ///< the same in version A2
  at::Tensor source_full_a2;   ///< A2, full frames; empty without out-of-frame motion
  at::Tensor driving_a1;       ///< [b, 3, n, n] driving frame, cropped: the target
  at::Tensor driving_a2;       ///< the same in version A2
  at::Tensor driving_full_a2;  ///< A2, full frame; empty without out-of-frame motion
  at::Tensor driving_face_a3;  ///< A3, face-aware crop of the full frame
  at::Tensor crop_scale;       ///< [b, 2] (x, y): k' = (k + shift) * scale
  at::Tensor crop_shift;       ///< [b, 2]
  at::Tensor query_pixels;     ///< int64 [b, p], row-major pixels that carry gradient
  at::Tensor plain_from_a2;    ///< uint8 [b], one coin a statistics group: plain driving expression from A2, else A1
  at::Tensor use_plain_expression;  ///< uint8 [b]: the decoder gets the plain expression, else that of the A3 face crop

  std::int64_t samples() const { return source_a1.size(0); }
  std::int64_t sources() const { return source_a1.size(1); }
  std::int64_t picture_size() const { return source_a1.size(-1); }
};

/// The order of an FsrtBatch's members in a recipe's Sample, and back.
Sample to_sample(const FsrtBatch& batch);
FsrtBatch from_sample(const Sample& sample);

}  // namespace understudy
