#include "checkpoints/weights_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "checkpoints/safetensors.h"
#include "checkpoints/torch_file.h"
#include "common/errors.h"

namespace understudy {
namespace {

/// torch.nn.DataParallel and DistributedDataParallel put this in front of every name of their network.
constexpr std::string_view kParallel = "module.";

NamedTensors without_parallel(NamedTensors tensors) {
  const bool is_parallel = std::all_of(
      tensors.begin(), tensors.end(), [](const NamedTensor& item) { return item.first.starts_with(kParallel); });
  if (!is_parallel) return tensors;
  for (NamedTensor& item : tensors) item.first.erase(0, kParallel.size());
  return tensors;
}

}  // namespace

NamedTensors flatten_tensors(const PickleValue& value) {
  NamedTensors tensors;
  const auto* dict = std::get_if<PickleDict>(&value.variant());
  if (dict == nullptr) return tensors;
  for (const auto& [key, item] : dict->items) {
    const auto* name = std::get_if<std::string>(&key.variant());
    if (name == nullptr) continue;
    if (const auto* tensor = std::get_if<at::Tensor>(&item.variant())) tensors.emplace_back(*name, *tensor);
    for (auto& [below, tensor] : flatten_tensors(item))
      tensors.emplace_back(fmt::format("{}.{}", *name, below), tensor);
  }
  return without_parallel(std::move(tensors));
}

NamedTensors read_weights(const std::filesystem::path& path) {
  const bool is_safetensors = weights_format_of(path) == WeightsFormat::kSafetensors;
  NamedTensors tensors =
      is_safetensors ? without_parallel(SafetensorsFile::open(path).all()) : flatten_tensors(read_torch_file(path));
  if (tensors.empty()) throw CheckpointError(fmt::format("{}: holds no named tensor, so no weights", path.string()));
  return tensors;
}

NamedTensors keypoint_detector_weights(const NamedTensors& tensors) {
  const NamedTensors members = group_of(tensors, "kp_detector");
  return without_group(members.empty() ? tensors : members, "jacobian");
}

}  // namespace understudy
