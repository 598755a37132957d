#include "launcher/wall_time.h"

#include <algorithm>

namespace understudy {
namespace {

constexpr auto kAskEvery = std::chrono::minutes(5);
constexpr double kSpareSeconds = 5.0;
/// For a save that was never measured.
constexpr double kUnknownSave = 10.0;

}  // namespace

double lead_seconds(const Watchdog& watchdog) {
  double turn = 0.0;
  for (const Section section : {Section::kStep, Section::kFirstStep, Section::kValidation, Section::kSamples})
    turn = std::max(turn, watchdog.usual_seconds(section).value_or(0.0));
  return kSpareSeconds + 2.0 * turn + 3.0 * watchdog.usual_seconds(Section::kSave).value_or(kUnknownSave);
}

bool WallTime::is_up(const Watchdog& watchdog) {
  if (!job_) return false;
  const auto now = std::chrono::steady_clock::now();
  if (!asked_ || now - *asked_ > kAskEvery) {
    end_ = job_->end();
    asked_ = now;
  }
  return end_ && std::difftime(*end_, std::time(nullptr)) < lead_seconds(watchdog);
}

}  // namespace understudy
