#include "trainer/saving/save_schedule.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "checkpoints/incarnation.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

constexpr double kMinute = 60.0;
constexpr double kHour = 3600.0;
constexpr double kDay = 24 * kHour;
constexpr double kShareOfWriting = 0.1;

}  // namespace

RunAge age_of_run(const fs::path& run) {
  RunAge age{.starts = std::max<std::uint64_t>(newest_incarnation(run), 1)};
  std::error_code error;
  const fs::file_time_type first = fs::last_write_time(incarnation_file(run, 1), error);
  if (!error) age.seconds = std::chrono::duration<double>(fs::file_time_type::clock::now() - first).count();
  return age;
}

SaveSchedule::SaveSchedule(const CheckpointConfig& config, RunAge age, Time now)
    : config_(config),
      mean_seconds_between_failures_((age.seconds + kDay) / static_cast<double>(age.starts)),
      last_(now) {}

bool SaveSchedule::due(std::int64_t completed, Time now) const {
  if (config_.interval == SaveInterval::kIterations) return completed % config_.every == 0;
  return std::chrono::duration<double>(now - last_).count() >= interval();
}

void SaveSchedule::saved(Time now, double stall, std::optional<double> writing) {
  last_ = now;
  cost_ = std::max(cost_, stall);
  writing_ = std::max(writing_, writing.value_or(0.0));
}

double SaveSchedule::interval() const {
  if (config_.interval == SaveInterval::kMinutes) return config_.minutes * kMinute;
  const double best = std::sqrt(2.0 * cost_ * mean_seconds_between_failures_);
  return std::clamp(best, std::min(std::max(kMinute, writing_ / kShareOfWriting), kHour), kHour);
}

}  // namespace understudy
