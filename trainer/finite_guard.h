#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace understudy {

/// The first of some tensors, all on one device, that holds a number that is not finite. One pass over each without a
/// copy, and one wait for the device as long as all is finite.
std::optional<std::size_t> first_non_finite(const std::vector<at::Tensor>& tensors);

}  // namespace understudy
