#include "trainer/saving/weights_average.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "checkpoints/store.h"
#include "common/errors.h"
#include "trainer/exporting/export_folder.h"
#include "trainer/inference.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostShown = 8;

/// What keeps `other` from being averaged with `first`, a line each.
std::vector<std::string> differences(const NamedTensors& first, const NamedTensors& other) {
  std::vector<std::string> found;
  for (const auto& [name, tensor] : first) {
    const at::Tensor* same = find_tensor(other, name);
    if (same == nullptr) {
      found.push_back(fmt::format("{} is missing", name));
    } else if (same->sizes() != tensor.sizes() || same->scalar_type() != tensor.scalar_type()) {
      found.push_back(fmt::format("{} has another shape or type", name));
    }
  }
  for (const auto& [name, tensor] : other) {
    if (find_tensor(first, name) == nullptr) found.push_back(fmt::format("{} is in no other", name));
  }
  return found;
}

void require_alike(const NamedTensors& first, const NamedTensors& other, const fs::path& place) {
  std::vector<std::string> found = differences(first, other);
  if (found.empty()) return;
  const std::size_t count = found.size();
  found.resize(std::min(count, kMostShown));
  throw CheckpointError(fmt::format("{}: {} tensors are not those of the first weights, so there is no mean:\n  {}{}",
                                    place.string(),
                                    count,
                                    fmt::join(found, "\n  "),
                                    count > found.size() ? "\n  ..." : ""));
}

void add(NamedTensors& sums, const NamedTensors& weights) {
  for (auto& [name, sum] : sums) {
    const at::Tensor& tensor = require_tensor(weights, name, "weights");
    sum = sum.is_floating_point() ? sum + tensor.to(at::kDouble) : tensor;
  }
}

}  // namespace

void average_weights(const std::vector<fs::path>& weights, const fs::path& out) {
  if (weights.size() < 2) throw ConfigError("checkpoint average: name at least two weights");
  ExportFolder folder(out);
  const NamedTensors first = load_weights(weights.front());
  NamedTensors sums = first;
  for (auto& [name, sum] : sums) {
    if (sum.is_floating_point()) sum = sum.to(at::kDouble);
  }
  for (std::size_t i = 1; i < weights.size(); ++i) {
    const NamedTensors next = load_weights(weights[i]);
    require_alike(first, next, weights[i]);
    add(sums, next);
  }
  const auto count = static_cast<double>(weights.size());
  for (auto& [name, sum] : sums) {
    if (sum.is_floating_point()) sum = (sum / count).to(require_tensor(first, name, "weights").scalar_type());
  }
  folder.write_safetensors(std::string(kModelPart), sums, fmt::format("mean of {} weights", weights.size()));
  if (const auto settings = settings_kept_with(weights.back()))
    folder.write_text("run.toml", settings->text(), "configuration of the last of them");
  folder.publish();
}

}  // namespace understudy
