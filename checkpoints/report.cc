#include "checkpoints/report.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "checkpoints/manifest.h"
#include "checkpoints/named_tensors.h"
#include "checkpoints/part_plan.h"
#include "checkpoints/store.h"
#include "checkpoints/weights_file.h"
#include "common/atomic_file.h"
#include "common/errors.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

bool is_checkpoint(const fs::path& folder) {
  return fs::exists(folder / kManifestName);
}

void verify_into(VerifyReport& report, const fs::path& folder, const std::vector<std::string>& problems) {
  const bool is_newer = newer_version_of(folder).has_value();
  const char* state = problems.empty() ? "intact" : is_newer ? "OF A NEWER VERSION" : "DAMAGED";
  report.text += fmt::format("{}: {}\n", folder.string(), state);
  for (const std::string& problem : problems) report.text += fmt::format("  {}\n", problem);
  report.intact = report.intact && (problems.empty() || is_newer);
  report.readable = report.readable && !is_newer;
}

bool has_part(const Manifest& manifest, std::string_view part) {
  return std::any_of(
      manifest.parts.begin(), manifest.parts.end(), [&](const PartInfo& info) { return is_part_of(info.name, part); });
}

/// Tensors of a weight file, or of a checkpoint under "<part>: <name>", however the part was cut into files.
std::map<std::string, at::Tensor> tensors_of(const fs::path& path) {
  std::map<std::string, at::Tensor> tensors;
  if (!fs::is_directory(path)) {
    for (auto& [name, tensor] : read_weights(path)) tensors[name] = tensor;
    return tensors;
  }
  const std::vector<std::string> problems = verify_checkpoint(path, Verification::kLoading);
  if (!problems.empty()) throw CheckpointError(fmt::format("{}", fmt::join(problems, "\n")));
  const LoadedCheckpoint checkpoint(path, read_manifest(path));
  for (const std::string_view part : {kModelPart, kOptimizerPart}) {
    if (!has_part(checkpoint.manifest(), part)) continue;
    for (auto& [name, tensor] : checkpoint.tensors(part)) tensors[fmt::format("{}: {}", part, name)] = tensor;
  }
  return tensors;
}

std::string describe(const at::Tensor& tensor) {
  return fmt::format("{} [{}]", c10::toString(tensor.scalar_type()), fmt::join(tensor.sizes(), ", "));
}

bool same_bits(const at::Tensor& left, const at::Tensor& right) {
  const auto bytes = [](const at::Tensor& t) { return t.contiguous().reshape({-1}).view(at::kByte); };
  return left.numel() == 0 || at::equal(bytes(left), bytes(right));
}

/// One line on two tensors of one name, empty when they are equal to the bit.
std::string difference(const std::string& name, const at::Tensor& left, const at::Tensor& right) {
  if (left.scalar_type() != right.scalar_type() || left.sizes() != right.sizes()) {
    return fmt::format("  {}: {} and {}\n", name, describe(left), describe(right));
  }
  if (same_bits(left, right)) return "";
  const auto type = left.is_complex() ? at::kComplexDouble : at::kDouble;
  const double largest = (left.to(type) - right.to(type)).abs().max().item<double>();
  const double scale = left.to(type).abs().max().item<double>();
  return fmt::format(
      "  {}: differs by at most {:.3e}, relative {:.3e}\n", name, largest, scale > 0 ? largest / scale : largest);
}

/// Texts (trainer state, config) of two checkpoints that differ.
std::string text_differences(const fs::path& left, const fs::path& right) {
  if (!fs::is_directory(left) || !fs::is_directory(right)) return "";
  const Manifest before = read_manifest(left);
  const Manifest after = read_manifest(right);
  std::string text = before.config == after.config ? "" : "  the configurations differ\n";
  if (before.data_fingerprints != after.data_fingerprints) text += "  the data fingerprints differ\n";
  std::set<std::string> names;
  for (const Manifest* manifest : {&before, &after}) {
    for (const PartInfo& part : manifest->parts) {
      if (!part.name.ends_with(".safetensors")) names.insert(part.name);
    }
  }
  for (const std::string& name : names) {
    const PartInfo* in_left = before.find_part(name);
    const PartInfo* in_right = after.find_part(name);
    if (in_left == nullptr || in_right == nullptr) {
      text += fmt::format("  {}: only in {}\n", name, in_left != nullptr ? left.string() : right.string());
    } else if (read_file(left / name) != read_file(right / name)) {
      text += fmt::format("  {}: the texts differ\n", name);
    }
  }
  return text;
}

}  // namespace

VerifyReport verify_checkpoints(const fs::path& path) {
  VerifyReport report;
  if (is_checkpoint(path)) {
    verify_into(report, path, verify_checkpoint(path));
    return report;
  }
  const CheckpointStore store(path);
  for (const std::int64_t iteration : store.list())
    verify_into(report, store.folder_of(iteration), store.problems_of(iteration));
  if (report.text.empty())
    throw CheckpointError(fmt::format("{}: neither a checkpoint nor a run that holds one", path.string()));
  return report;
}

DiffReport diff_checkpoints(const fs::path& left, const fs::path& right) {
  const auto before = tensors_of(left);
  const auto after = tensors_of(right);
  DiffReport report;
  report.text = text_differences(left, right);
  for (const auto& [name, tensor] : before) {
    const auto other = after.find(name);
    report.text += other == after.end() ? fmt::format("  {}: {} only in {}\n", name, describe(tensor), left.string())
                                        : difference(name, tensor, other->second);
  }
  for (const auto& [name, tensor] : after) {
    if (!before.contains(name))
      report.text += fmt::format("  {}: {} only in {}\n", name, describe(tensor), right.string());
  }
  report.equal = report.text.empty();
  report.text =
      report.equal ? fmt::format("equal: {} tensors, to the bit\n", before.size()) : "different:\n" + report.text;
  return report;
}

}  // namespace understudy
