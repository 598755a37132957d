#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace understudy {

/// The first of some tensors, all on one device, that holds a number which is not finite or whose square is not: the
/// optimisers square gradients, and a second moment that overflowed would stop its weight for good, in silence. One
/// pass over each tensor without a copy, and one wait for the device as long as all is well. Tensors of integers and
/// empty ones are never found.
std::optional<std::size_t> first_non_finite(const std::vector<at::Tensor>& tensors);

/// "is not finite", or how large its numbers are, of a tensor that was found.
std::string what_is_wrong_with(const at::Tensor& tensor);

}  // namespace understudy
