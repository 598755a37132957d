#include "trainer/faults/replica_check.h"

#include <algorithm>
#include <cstring>
#include <map>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/errors.h"
#include "trainer/faults/finite_guard.h"

namespace understudy {
namespace {

/// Numbers in a row of the layout.
constexpr std::int64_t kColumns = 1024;
constexpr std::size_t kShownTensors = 3;

/// The bits of a tensor as whole numbers, in a row.
at::Tensor bits_of(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.detach().contiguous().flatten();
  switch (flat.element_size()) {
    case 1:
      return flat.view(at::kChar);
    case 2:
      return flat.view(at::kShort);
    case 4:
      return flat.view(at::kInt);
    case 8:
      return flat.view(at::kLong);
    default:
      throw Error(fmt::format("a tensor of {} bytes a number has no checksum", flat.element_size()));
  }
}

/// Each place has a weight of its own, odd, so that no change of one number is lost modulo 2^64.
/// @param step  odd; tells sums of the same length apart
at::Tensor weighted_sum(const at::Tensor& sums, std::int64_t step) {
  return at::arange(1, sums.numel() + 1, sums.options()).mul_(step).bitwise_or_(1).mul_(sums).sum();
}

at::Tensor checksum_of(const at::Tensor& tensor) {
  constexpr std::int64_t kSteps[] = {0x1E3779B97F4A7C15, 0x42B2AE3D27D4EB4F, 0x165667B19E3779F9};
  const at::Tensor bits = bits_of(tensor);
  const std::int64_t whole = bits.numel() / kColumns * kColumns;
  const at::Tensor rest = weighted_sum(bits.slice(0, whole).to(at::kLong), kSteps[0]);
  if (whole == 0) return rest;
  const at::Tensor rows = bits.slice(0, 0, whole).view({-1, kColumns});
  return rest + weighted_sum(rows.sum(0, /*keepdim=*/false, at::kLong), kSteps[1]) +
         2 * weighted_sum(rows.sum(1, /*keepdim=*/false, at::kLong), kSteps[2]);
}

std::vector<at::Tensor> tensors_of(const NamedTensors& state) {
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : state) tensors.push_back(tensor);
  return tensors;
}

}  // namespace

std::vector<std::int64_t> bit_checksums(const std::vector<at::Tensor>& tensors) {
  const at::NoGradGuard no_grad;
  std::map<c10::DeviceType, std::vector<std::size_t>> places;  // step counts of optimisers stay on the CPU
  std::vector<at::Tensor> sums;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    sums.push_back(checksum_of(tensors[i]));
    places[tensors[i].device().type()].push_back(i);
  }
  std::vector<std::int64_t> checksums(tensors.size());
  for (const auto& [device, numbers] : places) {
    std::vector<at::Tensor> here;
    for (const std::size_t i : numbers) here.push_back(sums[i]);
    const at::Tensor copied = at::stack(here).to(at::kCPU);
    for (std::size_t k = 0; k < numbers.size(); ++k) checksums[numbers[k]] = copied.const_data_ptr<std::int64_t>()[k];
  }
  return checksums;
}

std::optional<Drift> compare_replicas(const std::vector<std::vector<std::int64_t>>& checksums) {
  std::map<std::vector<std::int64_t>, std::vector<int>> ranks_of;
  for (std::size_t rank = 0; rank < checksums.size(); ++rank)
    ranks_of[checksums[rank]].push_back(static_cast<int>(rank));
  if (ranks_of.size() < 2) return std::nullopt;
  const auto largest = std::max_element(
      ranks_of.begin(), ranks_of.end(), [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  Drift drift;
  drift.majority = 2 * largest->second.size() > checksums.size();
  for (int rank = 0; rank < static_cast<int>(checksums.size()); ++rank) {
    if (!drift.majority || checksums[static_cast<std::size_t>(rank)] != largest->first) drift.ranks.push_back(rank);
  }
  for (std::size_t tensor = 0; tensor < checksums.front().size(); ++tensor) {
    if (std::any_of(checksums.begin(), checksums.end(), [&](const auto& own) {
          return own[tensor] != checksums.front()[tensor];
        }))
      drift.tensors.push_back(tensor);
  }
  return drift;
}

std::optional<Drift> find_drift(const NamedTensors& state, Communicator& ranks) {
  if (ranks.world_size() == 1) return std::nullopt;
  const std::vector<std::int64_t> own = bit_checksums(tensors_of(state));
  const std::string_view bytes(reinterpret_cast<const char*>(own.data()), own.size() * sizeof(std::int64_t));
  std::vector<std::vector<std::int64_t>> checksums;
  for (const std::string& blob : ranks.all_gather(bytes, "compare the replicas")) {
    checksums.emplace_back(blob.size() / sizeof(std::int64_t));
    std::memcpy(checksums.back().data(), blob.data(), blob.size());
  }
  return compare_replicas(checksums);
}

std::string describe(const Drift& drift, const NamedTensors& state) {
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < std::min(drift.tensors.size(), kShownTensors); ++i)
    shown.push_back(state[drift.tensors[i]].first);
  if (drift.tensors.size() > kShownTensors)
    shown.push_back(fmt::format("... ({} tensors in all)", drift.tensors.size()));
  return fmt::format("{} in {}",
                     drift.majority ? "the replica differs from those of most ranks"
                                    : "the replicas differ, and no majority tells which of them drifted,",
                     fmt::join(shown, ", "));
}

std::optional<std::string> first_unsound(const NamedTensors& state) {
  for (const c10::DeviceType device : {c10::kCPU, c10::kCUDA}) {
    std::vector<at::Tensor> tensors;
    std::vector<std::string_view> names;
    for (const auto& [name, tensor] : state) {
      if (tensor.device().type() != device) continue;
      tensors.push_back(tensor);
      names.push_back(name);
    }
    if (const auto found = first_non_finite(tensors))
      return fmt::format("{} {} after the step", names[*found], what_is_wrong_with(tensors[*found]));
  }
  return std::nullopt;
}

}  // namespace understudy
