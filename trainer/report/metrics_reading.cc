#include "trainer/report/metrics_reading.h"

#include <algorithm>
#include <fstream>
#include <limits>

#include <nlohmann/json.hpp>

namespace understudy {
namespace {

/// A line of the log, read without building a tree of it: long runs have millions.
class LineReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  /// @returns  whether the line is whole
  bool read(const std::string& line) {
    depth_ = 0;
    iteration = completed = -1;
    episodes = 0;
    phase.clear();
    terms.clear();
    return nlohmann::json::sax_parse(line, this) && (iteration >= 0 || completed >= 0);
  }

  Iteration iteration = -1;  ///< -1: the line is none of an iteration
  Iteration completed = -1;  ///< -1: the line is none of a validation
  std::int64_t episodes = 0;
  std::string phase;
  std::vector<Term> terms;

  bool key(string_t& name) override {
    key_.swap(name);
    return true;
  }
  bool number_integer(number_integer_t value) override { return take(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return take(static_cast<double>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return take(value); }
  bool null() override { return take(std::numeric_limits<double>::quiet_NaN()); }  // as a number is that is none
  bool string(string_t& text) override {
    if (depth_ == 1 && key_ == "phase") phase.swap(text);
    return true;
  }
  bool start_object(std::size_t) override { return ++depth_ > 0; }
  bool end_object() override { return depth_-- > 0; }
  bool boolean(bool) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool take(double value) {
    if (depth_ == 2) terms.emplace_back(key_, value);
    if (depth_ != 1) return true;
    if (key_ == "iteration") iteration = static_cast<Iteration>(value);
    if (key_ == "completed") completed = static_cast<Iteration>(value);
    if (key_ == "episodes") episodes = static_cast<std::int64_t>(value);
    return true;
  }

  int depth_ = 0;
  std::string key_;
};

Curve& curve_of(RunMetrics& metrics, const std::string& name) {
  const auto known =
      std::find_if(metrics.terms.begin(), metrics.terms.end(), [&](const auto& term) { return term.first == name; });
  if (known != metrics.terms.end()) return known->second;
  return metrics.terms.emplace_back(name, Curve()).second;
}

void take_iteration(RunMetrics& metrics, const LineReader& line) {
  if (metrics.phases.empty() || metrics.phases.back().name != line.phase)
    metrics.phases.push_back({line.phase, line.iteration, line.iteration});
  metrics.phases.back().end = line.iteration + 1;
  ++metrics.logged;
  for (const auto& [name, value] : line.terms)
    curve_of(metrics, name).add(line.iteration, metrics.phases.size() - 1, value);
}

}  // namespace

RunMetrics read_metrics(const std::filesystem::path& path) {
  RunMetrics metrics;
  LineReader line;
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) {
    if (!line.read(text)) {
      ++metrics.unreadable;
    } else if (line.iteration >= 0) {
      take_iteration(metrics, line);
    } else {
      metrics.validations.push_back({line.completed, line.phase, line.episodes, line.terms});
    }
  }
  return metrics;
}

}  // namespace understudy
