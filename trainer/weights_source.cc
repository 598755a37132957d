#include "trainer/weights_source.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "checkpoints/store.h"
#include "checkpoints/weights_file.h"
#include "common/errors.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

/// <run>/best/<metric of the latest phase>/1, if the run has validated. Names sort by phase.
std::optional<fs::path> best_of_run(const fs::path& run) {
  std::vector<fs::path> candidates;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(run / "best", ignored)) candidates.push_back(entry.path() / "1");
  std::sort(candidates.begin(), candidates.end());
  std::erase_if(candidates, [](const fs::path& link) { return !fs::exists(link / kModelPart); });
  return candidates.empty() ? std::nullopt : std::optional(candidates.back());
}

}  // namespace

fs::path weight_file_of(const fs::path& path) {
  if (!fs::is_directory(path)) {
    if (!fs::exists(path)) throw CheckpointError(fmt::format("{}: no such file or folder of weights", path.string()));
    return path;
  }
  if (fs::exists(path / kModelPart)) return path / kModelPart;
  if (const auto best = best_of_run(path)) return *best / kModelPart;
  if (const auto newest = CheckpointStore(path).newest_intact()) return newest->folder() / kModelPart;
  throw CheckpointError(
      fmt::format("{}: holds neither {} nor a checkpoint; name a weight file, an export, a checkpoint or a run",
                  path.string(),
                  kModelPart));
}

NamedTensors load_weights(const fs::path& path) {
  return read_weights(weight_file_of(path));
}

bool TransferReport::lacks(std::string_view group) const {
  const auto is_below = [group](const std::string& name) {
    return name.size() > group.size() && name.starts_with(group) && name[group.size()] == '.';
  };
  return std::any_of(missing.begin(), missing.end(), is_below) ||
         std::any_of(misshapen.begin(), misshapen.end(), is_below);
}

TransferReport transfer_weights(const NamedTensors& from, const NamedTensors& to) {
  const at::NoGradGuard no_grad;
  TransferReport report;
  for (const auto& [name, target] : to) {
    const at::Tensor* source = find_tensor(from, name);
    if (source == nullptr) {
      report.missing.push_back(name);
    } else if (source->sizes() != target.sizes()) {
      report.misshapen.push_back(name);
    } else {
      at::Tensor(target).copy_(*source);
      ++report.taken;
    }
  }
  return report;
}

}  // namespace understudy
