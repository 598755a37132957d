#include "clusters/processor_binding.h"

#include <algorithm>
#include <charconv>
#include <fstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

namespace understudy {
namespace {

namespace fs = std::filesystem;

constexpr int kMostProcessors = CPU_SETSIZE;

std::optional<int> number_from(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && number >= 0 && number < kMostProcessors ? std::optional(number) : std::nullopt;
}

std::string first_line(const fs::path& file) {
  std::string line;
  std::getline(std::ifstream(file), line);
  return line;
}

std::string text_of(const std::vector<int>& processors) {
  std::vector<std::string> runs;
  for (std::size_t i = 0; i < processors.size();) {
    std::size_t last = i;
    while (last + 1 < processors.size() && processors[last + 1] == processors[last] + 1) ++last;
    runs.push_back(last == i ? fmt::format("{}", processors[i])
                             : fmt::format("{}-{}", processors[i], processors[last]));
    i = last + 1;
  }
  return fmt::format("{}", fmt::join(runs, ","));
}

}  // namespace

std::optional<std::vector<int>> processors_from(std::string_view text) {
  std::vector<int> processors;
  while (!text.empty()) {
    const std::string_view run = text.substr(0, text.find(','));
    text.remove_prefix(std::min(run.size() + 1, text.size()));
    const std::size_t dash = run.find('-');
    const auto first = number_from(run.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number_from(run.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    for (int processor = *first; processor <= *last; ++processor) processors.push_back(processor);
  }
  return processors;
}

std::vector<int> processors_near(const std::string& pci_address, const fs::path& sys) {
  const std::optional<int> node = number_from(first_line(sys / "bus/pci/devices" / pci_address / "numa_node"));
  if (!node || !fs::exists(sys / "devices/system/node/node1")) return {};
  const fs::path list = sys / "devices/system/node" / fmt::format("node{}", *node) / "cpulist";
  return processors_from(first_line(list)).value_or(std::vector<int>{});
}

std::string bind_to_processors_near(const std::string& pci_address) {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return "";
  cpu_set_t chosen;
  CPU_ZERO(&chosen);
  std::vector<int> processors;
  for (const int processor : processors_near(pci_address)) {
    const auto number = static_cast<std::size_t>(processor);
    if (!CPU_ISSET(number, &allowed)) continue;
    CPU_SET(number, &chosen);
    processors.push_back(processor);
  }
  if (processors.empty() || CPU_EQUAL(&chosen, &allowed)) return "";
  return ::sched_setaffinity(0, sizeof chosen, &chosen) == 0 ? text_of(processors) : "";
}

}  // namespace understudy
