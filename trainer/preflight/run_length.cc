#include "trainer/preflight/run_length.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

namespace understudy {
namespace {

double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

std::vector<PhaseSpan> phase_spans(const Recipe& recipe, Iteration end) {
  std::vector<PhaseSpan> spans;
  for (Iteration first = 0; first < end; first = spans.back().end) {
    const std::string name = recipe.phase(first);
    Iteration inside = first;
    Iteration outside = end;
    while (outside - inside > 1) {  // halving, because runs have millions of iterations
      const Iteration middle = inside + (outside - inside) / 2;
      (recipe.phase(middle) == name ? inside : outside) = middle;
    }
    spans.push_back({name, first, outside});
  }
  return spans;
}

StepSeconds median_step_seconds(std::string_view timing_jsonl,
                                std::int64_t ranks,
                                const std::function<std::string(Iteration)>& phase_of) {
  std::map<std::string, std::vector<double>> measured;
  while (!timing_jsonl.empty()) {
    const std::size_t end = std::min(timing_jsonl.find('\n'), timing_jsonl.size());
    const auto line = nlohmann::json::parse(timing_jsonl.substr(0, end), nullptr, /*allow_exceptions=*/false);
    timing_jsonl.remove_prefix(std::min(end + 1, timing_jsonl.size()));
    if (!line.is_object() || line.value("world_size", std::int64_t{0}) != ranks) continue;
    const auto seconds = line.find("seconds");
    const auto iteration = line.find("iteration");
    if (seconds == line.end() || !seconds->is_number() || iteration == line.end() || !iteration->is_number_integer())
      continue;
    measured[phase_of(iteration->get<Iteration>())].push_back(seconds->get<double>());
  }
  StepSeconds medians;
  for (auto& [phase, values] : measured) medians[phase] = median(std::move(values));
  return medians;
}

RunLength run_length(const std::vector<PhaseSpan>& phases, Iteration completed, const StepSeconds& seconds) {
  const double slowest = std::max_element(seconds.begin(), seconds.end(), [](const auto& a, const auto& b) {
                           return a.second < b.second;
                         })->second;
  RunLength length;
  for (const PhaseSpan& phase : phases) {
    const Iteration left = phase.end - std::max(phase.first, completed);
    if (left <= 0) continue;
    const auto known = seconds.find(phase.name);
    if (known == seconds.end()) length.unmeasured.push_back(phase.name);
    length.iterations += left;
    length.seconds += static_cast<double>(left) * (known == seconds.end() ? slowest : known->second);
  }
  return length;
}

std::int64_t RunLength::jobs(double job_hours) const {
  return static_cast<std::int64_t>(std::ceil(seconds / 3600.0 / job_hours));
}

}  // namespace understudy
