#include "checkpoints/named_tensors.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

bool is_below(std::string_view name, std::string_view group) {
  return name.size() > group.size() + 1 && name.starts_with(group) && name[group.size()] == '.';
}

}  // namespace

const at::Tensor* find_tensor(const NamedTensors& tensors, std::string_view name) {
  const auto found =
      std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor& t) { return t.first == name; });
  return found == tensors.end() ? nullptr : &found->second;
}

const at::Tensor& require_tensor(const NamedTensors& tensors, std::string_view name, std::string_view where) {
  const at::Tensor* tensor = find_tensor(tensors, name);
  if (tensor == nullptr) {
    throw CheckpointError(fmt::format("{}: no tensor \"{}\" among its {} tensors", where, name, tensors.size()));
  }
  return *tensor;
}

NamedTensors group_of(const NamedTensors& tensors, std::string_view group) {
  NamedTensors members;
  for (const auto& [name, tensor] : tensors) {
    if (is_below(name, group)) members.emplace_back(name.substr(group.size() + 1), tensor);
  }
  return members;
}

NamedTensors without_group(const NamedTensors& tensors, std::string_view group) {
  NamedTensors others;
  for (const auto& [name, tensor] : tensors) {
    if (!is_below(name, group)) others.emplace_back(name, tensor);
  }
  return others;
}

NamedTensors in_group(const NamedTensors& tensors, std::string_view group) {
  NamedTensors renamed;
  for (const auto& [name, tensor] : tensors) renamed.emplace_back(fmt::format("{}.{}", group, name), tensor);
  return renamed;
}

}  // namespace understudy
