#include "trainer/stopping.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/errors.h"

namespace understudy {

using Json = nlohmann::ordered_json;

StoppingRule::StoppingRule(const ValidationConfig& config) : config_(config) {}

bool StoppingRule::better(double a, double b) const {
  return config_.mode == MetricMode::kMaximise ? a > b : a < b;
}

void StoppingRule::observe(const std::string& phase, std::int64_t iteration, double value) {
  if (phase != phase_) {
    phase_ = phase;
    has_reference_ = false;
    without_improvement_ = 0;
  }
  const double margin = config_.mode == MetricMode::kMaximise ? config_.min_delta : -config_.min_delta;
  const bool finite = std::isfinite(value);
  if (finite && (!has_reference_ || better(value, reference_ + margin))) {
    reference_ = value;
    has_reference_ = true;
    without_improvement_ = 0;
  } else {
    ++without_improvement_;
  }
  stopped_ = config_.patience > 0 && without_improvement_ >= config_.patience;
  if (finite) scored_[phase].push_back({iteration, value});
  publish_best(phase);
}

void StoppingRule::publish_best(const std::string& phase) {
  std::vector<Scored>& scored = scored_[phase];
  std::stable_sort(
      scored.begin(), scored.end(), [this](const Scored& a, const Scored& b) { return better(a.value, b.value); });
  const auto kept = std::min(scored.size(), static_cast<std::size_t>(std::max<std::int64_t>(config_.keep_best, 1)));
  scored.resize(kept);
  std::vector<std::int64_t>& iterations = best_iterations_[phase];
  iterations.clear();
  for (const Scored& s : scored) iterations.push_back(s.iteration);
}

std::int64_t StoppingRule::best_of_latest_phase() const {
  const auto found = best_iterations_.find(phase_);
  return found == best_iterations_.end() || found->second.empty() ? -1 : found->second.front();
}

std::string StoppingRule::state() const {
  Json best = Json::object();
  for (const auto& [phase, scored] : scored_) {
    for (const Scored& s : scored) best[phase].push_back({{"iteration", s.iteration}, {"value", s.value}});
  }
  return Json{{"phase", phase_},
              {"reference", has_reference_ ? Json(reference_) : Json(nullptr)},
              {"without_improvement", without_improvement_},
              {"stopped", stopped_},
              {"best", best}}
      .dump();
}

void StoppingRule::restore(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    phase_ = json.at("phase");
    has_reference_ = !json.at("reference").is_null();
    reference_ = has_reference_ ? json.at("reference").get<double>() : 0.0;
    without_improvement_ = json.at("without_improvement");
    stopped_ = json.at("stopped");
    scored_.clear();
    best_iterations_.clear();
    for (const auto& [phase, list] : json.at("best").items()) {
      for (const Json& s : list) scored_[phase].push_back({s.at("iteration"), s.at("value")});
      publish_best(phase);
    }
  } catch (const Json::exception& error) {
    throw CheckpointError(fmt::format("stopping state of the checkpoint cannot be read: {}", error.what()));
  }
}

}  // namespace understudy
