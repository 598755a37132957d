#pragma once

#include "data_pipeline/cpu_dispatch.h"
#include "data_pipeline/planar_picture.h"

namespace understudy {

/// Cuts out `region` and resizes it to size x size: bilinear between pixel centres (align_corners = false), edges
/// repeated, without antialiasing, aspect ratio not kept; as torch's `interpolate` up to fp32 rounding.
/// @param result  [3, size, size], values in [0, 1]; a region of just this size gives byte / 255 exactly
void resize_bilinear(
    const PlanarPicture& picture, const Rectangle& region, int size, float* result, CodePath path = CodePath::kBest);

}  // namespace understudy
