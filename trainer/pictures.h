#pragma once

#include <ATen/core/Tensor.h>

#include "data_pipeline/picture.h"

namespace understudy {

/// A tensor [3, h, w] on any device as an 8-bit picture: clamped to [0, 1], then rounded, as skimage's img_as_ubyte
/// does.
Picture picture_of(const at::Tensor& planes);

/// An 8-bit picture as float32 planes [3, h, w] in [0, 1].
at::Tensor planes_of(const Picture& picture);

}  // namespace understudy
