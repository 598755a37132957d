#pragma once

#include "data_pipeline/picture.h"
#include "data_pipeline/planar_picture.h"

namespace understudy {

/// Resamples a part of a picture as OpenCV users prepare faces: an axis that shrinks takes exact averages over the area
/// of an output pixel (INTER_AREA), an axis that grows takes cubic convolution with a = -0.75 at pixel centres
/// (INTER_CUBIC), an axis that keeps its length is copied. Nothing outside `region` enters; its border is replicated.
/// Values are rounded half up, where what is less than 1/4096 of a grey level below a half counts as a half. The same
/// bytes on every x86-64 machine.
/// @throws DataError  when a size is not positive or the region leaves the picture
Picture resize_picture(const Picture& picture, const Rectangle& region, int width, int height);
/// The same into another picture, whose memory is used again.
void resize_picture(const Picture& picture, const Rectangle& region, int width, int height, Picture& result);

/// All of the picture.
Picture resize_picture(const Picture& picture, int width, int height);

}  // namespace understudy
