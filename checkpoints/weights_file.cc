#include "checkpoints/weights_file.h"

#include <fmt/format.h>

#include "checkpoints/safetensors.h"
#include "checkpoints/torch_file.h"
#include "common/errors.h"

namespace understudy {
namespace {

void flatten_into(NamedTensors& tensors, const PickleValue& value, const std::string& name) {
  if (const auto* tensor = std::get_if<at::Tensor>(&value.variant())) tensors.emplace_back(name, *tensor);
  const auto* dict = std::get_if<PickleDict>(&value.variant());
  if (dict == nullptr) return;
  for (const auto& [key, item] : dict->items) {
    const auto* text = std::get_if<std::string>(&key.variant());
    if (text != nullptr) flatten_into(tensors, item, name.empty() ? *text : fmt::format("{}.{}", name, *text));
  }
}

}  // namespace

NamedTensors flatten_tensors(const PickleValue& value) {
  NamedTensors tensors;
  flatten_into(tensors, value, "");
  return tensors;
}

NamedTensors read_weights(const std::filesystem::path& path) {
  const bool is_safetensors = weights_format_of(path) == WeightsFormat::kSafetensors;
  NamedTensors tensors = is_safetensors ? SafetensorsFile::open(path).all() : flatten_tensors(read_torch_file(path));
  if (tensors.empty()) throw CheckpointError(fmt::format("{}: holds no named tensor, so no weights", path.string()));
  return tensors;
}

NamedTensors keypoint_detector_weights(const NamedTensors& tensors) {
  const NamedTensors members = group_of(tensors, "kp_detector");
  return without_group(members.empty() ? tensors : members, "jacobian");
}

}  // namespace understudy
