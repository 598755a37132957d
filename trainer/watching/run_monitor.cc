#include "trainer/watching/run_monitor.h"

#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/log.h"
#include "trainer/watching/event_file.h"

namespace understudy {
namespace {

constexpr auto kBetweenLiveLines = std::chrono::milliseconds(100);
constexpr auto kBetweenExpositions = std::chrono::seconds(5);

/// Name of the run's folder, also for "runs/vox/" and ".".
std::string name_of_run(const std::filesystem::path& run) {
  const std::filesystem::path whole = std::filesystem::absolute(run).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

}  // namespace

RunMonitor::RunMonitor(const RunConfig& config, const Start& start, const FileSystem& files)
    : progress_(start.completed, start.end, config.batch.global_batch),
      status_(start.run / "status.log", -1, files),
      files_(files) {
  gauges_.run = name_of_run(start.run);
  gauges_.system = config.recipe;
  gauges_.completed = start.completed;
  gauges_.end = start.end;
  gauges_.start = start.number;
  gauges_.ranks = start.ranks;
  if (!config.prometheus.empty())
    prometheus_ = std::filesystem::path(config.prometheus) / prometheus_file_name(gauges_.run);
  add_status(fmt::format("start {} on {} rank{}, from iteration {}",
                         start.number,
                         start.ranks,
                         start.ranks == 1 ? "" : "s",
                         start.completed));
}

void RunMonitor::count(double seconds, double data_wait, const std::string& phase) {
  progress_.count(seconds, data_wait);
  gauges_.phase = phase;
  const auto now = Clock::now();
  if (live_line_columns() == 0 || now - shown_ < kBetweenLiveLines) return;
  shown_ = now;
  show_live_line(progress_.bar(phase, gauges_.terms, live_line_columns()));
}

void RunMonitor::logged(const std::string& phase, const std::vector<Term>& terms) {
  gauges_.terms = terms;
  const std::string line = progress_.line(phase, terms);
  if (live_line_columns() == 0) spdlog::info("{}", line);  // else the live line says it
  add_status(line);
  expose(/*now=*/false);
}

void RunMonitor::validated(Iteration completed, const std::vector<Term>& means) {
  gauges_.validation = means;
  std::vector<std::string> shown;
  for (const auto& [name, value] : means) shown.push_back(fmt::format("{} {:.4f}", name, value));
  const std::string text = fmt::format("validation after iteration {}: {}", completed, fmt::join(shown, ", "));
  spdlog::info("{}", text);
  add_status(text);
}

void RunMonitor::saving(Iteration completed) {
  gauges_.saved = completed;
}

void RunMonitor::ended(const std::string& message) {
  add_status(message);
  status_.close();
  expose(/*now=*/true);
}

void RunMonitor::add_status(const std::string& text) {
  status_.append(fmt::format("{:%Y-%m-%d %H:%M:%S} {}", fmt::localtime(std::time(nullptr)), text));
}

void RunMonitor::expose(bool now) {
  if (prometheus_.empty() || (!now && Clock::now() - exposed_ < kBetweenExpositions)) return;
  exposed_ = Clock::now();
  gauges_.completed = progress_.completed();
  gauges_.seconds_per_iteration = progress_.seconds_per_iteration();
  gauges_.samples_per_second = progress_.samples_per_second();
  gauges_.data_wait_share = progress_.data_wait_share();
  gauges_.time = wall_clock();
  try {
    write_file_atomically(prometheus_, prometheus_text(gauges_), files_);
  } catch (const FileError& error) {
    spdlog::warn("{}; nothing more is written for Prometheus", error.what());
    prometheus_.clear();
  }
}

}  // namespace understudy
