#include "trainer/watching/prometheus.h"

#include <cctype>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace understudy {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\' || c == '"') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

/// Metrics in the order in which they are added; those of one name one after another, as the format wants it.
class Exposition {
 public:
  explicit Exposition(std::string run) : run_(std::move(run)) {}

  void describe(std::string_view name, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP understudy_{} {}\n# TYPE understudy_{} gauge\n", name, help, name);
  }
  void add(double value, const Labels& labels = {}) {
    text_ += fmt::format("understudy_{}{{run=\"{}\"", name_, escaped(run_));
    for (const auto& [label, text] : labels) text_ += fmt::format(",{}=\"{}\"", label, escaped(text));
    text_ += fmt::format("}} {}\n", number(value));
  }
  void add_terms(std::string_view label, const std::vector<Term>& terms) {
    for (const auto& [name, value] : terms) add(value, {{label, name}});
  }
  const std::string& text() const { return text_; }

 private:
  std::string run_;
  std::string name_;
  std::string text_;
};

}  // namespace

std::string prometheus_text(const RunGauges& gauges) {
  Exposition out(gauges.run);
  out.describe("info", "System and phase of the run; always 1.");
  out.add(1, {{"system", gauges.system}, {"phase", gauges.phase}});
  out.describe("iterations", "Finished optimiser steps.");
  out.add(static_cast<double>(gauges.completed));
  out.describe("iterations_planned", "Steps after which the run is done.");
  out.add(static_cast<double>(gauges.end));
  out.describe("start", "Number of this start of the run.");
  out.add(static_cast<double>(gauges.start));
  out.describe("ranks", "Ranks of this start.");
  out.add(gauges.ranks);
  out.describe("iteration_seconds", "Time of an iteration, over about the last twenty.");
  out.add(gauges.seconds_per_iteration);
  out.describe("samples_per_second", "Samples trained on in a second, over about the last twenty iterations.");
  out.add(gauges.samples_per_second);
  out.describe("data_wait_ratio", "Share of an iteration that waits for data.");
  out.add(gauges.data_wait_share);
  out.describe("term", "Losses of the last logged iteration.");
  out.add_terms("term", gauges.terms);
  if (!gauges.validation.empty()) {
    out.describe("validation", "Measures of the last validation.");
    out.add_terms("measure", gauges.validation);
  }
  if (gauges.saved >= 0) {
    out.describe("saved_iterations", "Steps behind the newest checkpoint.");
    out.add(static_cast<double>(gauges.saved));
  }
  out.describe("updated_timestamp_seconds", "When this was written, in seconds since 1970.");
  out.add(gauges.time);
  return out.text();
}

std::string prometheus_file_name(const std::string& run) {
  std::string name = "understudy-";
  for (const char c : run) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
    name += plain ? c : '_';
  }
  return name + ".prom";
}

}  // namespace understudy
