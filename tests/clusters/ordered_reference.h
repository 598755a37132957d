#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace understudy {

/// Gradients whose sum depends on the order of addition: magnitudes from 2^-12 to 2^12, signs mixed. Parameter 1 is
/// absent in every micro-batch, parameter 3 in every other one.
/// @return  one list of five tensors for micro-batch `index`
std::vector<at::Tensor> difficult_gradients(std::int64_t index, at::ScalarType type);

/// Tensors of the shapes of difficult_gradients.
std::vector<at::Tensor> difficult_parameters(at::ScalarType type);

/// The mean along the fixed tree over all micro-batches, by the definition and element by element: level by level
/// v[i] = v[2i] + v[2i+1] where the partner exists, else v[2i]; one division at the end.
std::vector<at::Tensor> reference_mean(std::int64_t micro_batches, at::ScalarType type);

/// Mean with the additions from left to right, which must differ for the comparison to mean anything.
std::vector<at::Tensor> left_to_right_mean(std::int64_t micro_batches, at::ScalarType type);

/// Equal bits, and undefined in the same places.
bool same_bits(const std::vector<at::Tensor>& left, const std::vector<at::Tensor>& right);

}  // namespace understudy
