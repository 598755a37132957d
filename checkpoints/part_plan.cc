#include "checkpoints/part_plan.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace understudy {
namespace {

/// "optimizer.safetensors" as its two sides of the dot.
struct SplitName {
  std::string_view stem;
  std::string_view extension;
};

SplitName split(std::string_view name) {
  const std::size_t dot = std::min(name.rfind('.'), name.size());
  return {name.substr(0, dot), name.substr(dot)};
}

}  // namespace

std::vector<TensorPart> cut_into_parts(std::string_view name, const NamedTensors& tensors, std::uint64_t most_bytes) {
  std::vector<TensorPart> parts(1);
  std::uint64_t bytes = 0;
  for (const NamedTensor& named : tensors) {
    if (!parts.back().tensors.empty() && bytes + named.second.nbytes() > most_bytes) {
      parts.emplace_back();
      bytes = 0;
    }
    parts.back().tensors.push_back(named);
    bytes += named.second.nbytes();
  }
  const std::vector<std::string> names = part_names(name, parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i].name = names[i];
  return parts;
}

std::vector<std::string> part_names(std::string_view name, std::size_t count) {
  if (count <= 1) return {std::string(name)};
  const auto [stem, extension] = split(name);
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= count; ++i)
    names.push_back(fmt::format("{}-{:05}-of-{:05}{}", stem, i, count, extension));
  return names;
}

bool is_part_of(std::string_view part, std::string_view name) {
  if (part == name) return true;
  const auto [stem, extension] = split(name);
  constexpr std::string_view kPattern = "-00000-of-00000";
  if (part.size() != stem.size() + kPattern.size() + extension.size()) return false;
  if (!part.starts_with(stem) || !part.ends_with(extension)) return false;
  std::string numbers(part.substr(stem.size(), kPattern.size()));
  std::replace_if(
      numbers.begin(), numbers.end(), [](char c) { return c >= '0' && c <= '9'; }, '0');
  return numbers == kPattern;
}

std::vector<int> writers_of(const std::vector<TensorPart>& parts, int ranks) {
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return bytes_of(parts[a]) > bytes_of(parts[b]);
  });
  std::vector<std::uint64_t> load(static_cast<std::size_t>(ranks), 0);
  std::vector<int> writers(parts.size());
  for (const std::size_t part : order) {
    const auto least = std::min_element(load.begin(), load.end());
    writers[part] = static_cast<int>(least - load.begin());
    *least += bytes_of(parts[part]);
  }
  return writers;
}

std::uint64_t bytes_of(const TensorPart& part) {
  std::uint64_t bytes = 0;
  for (const auto& [name, tensor] : part.tensors) bytes += tensor.nbytes();
  return bytes;
}

}  // namespace understudy
