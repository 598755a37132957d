#include "trainer/progress.h"

#include <cmath>

#include <fmt/format.h>

namespace understudy {

void Progress::count(double seconds) {
  smoothed_seconds_ = smoothed_seconds_ == 0.0 ? seconds : 0.95 * smoothed_seconds_ + 0.05 * seconds;
  ++completed_;
}

std::string Progress::line(const std::string& phase, std::int64_t completed, const std::vector<Term>& terms) const {
  const double rate = smoothed_seconds_ > 0 ? 1.0 / smoothed_seconds_ : 0.0;
  std::string loss;
  if (!terms.empty()) loss = fmt::format("  {} {:.4f}", terms.front().first, terms.front().second);
  return fmt::format("phase {}  iteration {}/{}{}  {:.2f} it/s  {} left",
                     phase,
                     completed,
                     end_,
                     loss,
                     rate,
                     clock_text(static_cast<double>(end_ - completed_) * smoothed_seconds_));
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole >= 3600) return fmt::format("{}:{:02d}:{:02d}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02d}", whole / 60, whole % 60);
}

}  // namespace understudy
