#pragma once

#include <string_view>

#include <ATen/core/Tensor.h>

namespace understudy {

/// @throws ShapeError  naming the loss, both shapes and the remedy, when the shapes differ
void require_same_shape(const at::Tensor& a, const at::Tensor& b, std::string_view loss);

/// @throws ShapeError  naming the loss, the shape and what is expected ("[B, P, 3]"), unless `holds`
void require_shape(bool holds, const at::Tensor& tensor, std::string_view expected, std::string_view loss);

}  // namespace understudy
