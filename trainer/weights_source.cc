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

/// The model part of a folder. Of a checkpoint the manifest is read, so that one of a newer program is refused here.
fs::path model_part_of(const fs::path& folder) {
  if (fs::exists(folder / kManifestName)) read_manifest(folder);
  return folder / kModelPart;
}

}  // namespace

fs::path weight_file_of(const fs::path& path) {
  if (!fs::is_directory(path)) {
    if (!fs::exists(path)) throw CheckpointError(fmt::format("{}: no such file or folder of weights", path.string()));
    return path;
  }
  if (fs::exists(path / kModelPart)) return model_part_of(path);
  if (const auto best = best_of_run(path)) return model_part_of(*best);
  if (const auto newest = CheckpointStore(path).newest_intact()) return newest->folder() / kModelPart;
  throw CheckpointError(
      fmt::format("{}: holds neither {} nor a checkpoint; name a weight file, an export, a checkpoint or a run",
                  path.string(),
                  kModelPart));
}

void require_as_listed(const fs::path& file) {
  const fs::path folder = file.parent_path();
  if (!fs::exists(folder / kManifestName)) return;
  const Manifest manifest = read_manifest(folder);
  const PartInfo* part = manifest.find_part(file.filename().string());
  if (part == nullptr) return;
  if (const auto problem = problem_of_part(folder, *part, Verification::kLoading))
    throw CheckpointError(fmt::format("{}; the checkpoint is damaged, name another one", *problem));
}

NamedTensors load_weights(const fs::path& path) {
  const fs::path file = weight_file_of(path);
  require_as_listed(file);
  return read_weights(file);
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
