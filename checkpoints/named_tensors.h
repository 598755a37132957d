#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace understudy {

using NamedTensor = std::pair<std::string, at::Tensor>;

/// Tensors in an order of their own, which for a network is the order of its declaration.
using NamedTensors = std::vector<NamedTensor>;

/// The tensor of that name, or nullptr.
const at::Tensor* find_tensor(const NamedTensors& tensors, std::string_view name);

/// @param where  what is searched, for the message
/// @throws CheckpointError  when there is no tensor of that name
const at::Tensor& require_tensor(const NamedTensors& tensors, std::string_view name, std::string_view where);

/// The tensors below `group` ("encoder" selects "encoder.x"), without "encoder.".
NamedTensors group_of(const NamedTensors& tensors, std::string_view group);

/// The tensors that are not below `group`.
NamedTensors without_group(const NamedTensors& tensors, std::string_view group);

/// Every name with "group." in front.
NamedTensors in_group(const NamedTensors& tensors, std::string_view group);

}  // namespace understudy
