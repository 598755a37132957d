#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

namespace understudy {

/// Weighted L1 distance between two lists of feature maps, which the perceptual and the feature matching loss share:
/// sum over maps i of weights[i] * mean |a[i] - b[i]|, the mean over every element.
/// @param a, b     as many maps as weights; a[i] and b[i] of one shape
/// @param loss     names the loss in messages
/// @return  scalar >= 0
/// @throws ShapeError  when the numbers of maps and weights or the shapes differ, or when there is no map
at::Tensor feature_distance(std::span<const at::Tensor> a,
                            std::span<const at::Tensor> b,
                            std::span<const double> weights,
                            std::string_view loss);

/// The same maps as constants: no gradient reaches what they depend on.
std::vector<at::Tensor> detached(std::span<const at::Tensor> maps);

}  // namespace understudy
