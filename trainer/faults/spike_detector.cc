#include "trainer/faults/spike_detector.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/errors.h"

namespace understudy {
namespace {

/// Of a normal distribution: standard deviation over median absolute deviation.
constexpr double kNormal = 1.4826;
/// Least spread in units of the median: rounding is no spike of a loss that stands still.
constexpr double kLeastSpread = 1e-3;

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

}  // namespace

std::optional<Spike> SpikeDetector::judge(const std::string& player, const std::string& phase, double loss) const {
  const auto known = histories_.find(player);
  if (!on() || known == histories_.end() || known->second.phase != phase) return std::nullopt;
  if (std::ssize(known->second.losses) < window_) return std::nullopt;
  std::vector<double> values(known->second.losses.begin(), known->second.losses.end());
  const double median = median_of(values);
  for (double& value : values) value = std::abs(value - median);
  const double spread = std::max(kNormal * median_of(values), kLeastSpread * std::abs(median));
  const double limit = median + threshold_ * spread;
  if (!(loss > limit)) return std::nullopt;
  return Spike{.score = (loss - median) / spread, .median = median, .limit = limit};
}

void SpikeDetector::accept(const std::string& player, const std::string& phase, double loss) {
  if (!on()) return;
  History& history = histories_[player];
  if (history.phase != phase) history = {.phase = phase, .losses = {}};
  history.losses.push_back(loss);
  while (std::ssize(history.losses) > window_) history.losses.pop_front();
}

std::string SpikeDetector::state() const {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [player, history] : histories_)
    json[player] = {{"phase", history.phase}, {"losses", history.losses}};
  return json.dump();
}

void SpikeDetector::restore(const std::string& json) {
  try {
    const auto players = nlohmann::ordered_json::parse(json);
    histories_.clear();
    for (const auto& [player, history] : players.items())
      histories_[player] = {.phase = history.at("phase"), .losses = history.at("losses").get<std::deque<double>>()};
  } catch (const nlohmann::json::exception& error) {
    throw CheckpointError(fmt::format("losses that spikes are compared with: {}", error.what()));
  }
}

}  // namespace understudy
