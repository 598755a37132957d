#include "trainer/watching/progress.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace understudy {
namespace {

constexpr int kBarColumns = 20;
/// Weight of the newest iteration in the means.
constexpr double kNewest = 0.05;

}  // namespace

void Progress::count(double seconds, double data_wait) {
  const bool first = seconds_ == 0.0;
  seconds_ = first ? seconds : (1 - kNewest) * seconds_ + kNewest * seconds;
  data_wait_ = first ? data_wait : (1 - kNewest) * data_wait_ + kNewest * data_wait;
  ++completed_;
}

double Progress::samples_per_second() const {
  return seconds_ > 0 ? samples_ / seconds_ : 0.0;
}

double Progress::data_wait_share() const {
  return seconds_ > 0 ? data_wait_ / seconds_ : 0.0;
}

double Progress::seconds_left() const {
  return static_cast<double>(end_ - completed_) * seconds_;
}

std::string Progress::line(const std::string& phase, const std::vector<Term>& terms) const {
  std::string loss;
  if (!terms.empty()) loss = fmt::format("  {} {:.4f}", terms.front().first, terms.front().second);
  return fmt::format("phase {}  iteration {}/{}{}  {:.2f} it/s  {:.3g} samples/s  data {:.0f} %  {} left",
                     phase,
                     completed_,
                     end_,
                     loss,
                     seconds_ > 0 ? 1.0 / seconds_ : 0.0,
                     samples_per_second(),
                     100 * data_wait_share(),
                     clock_text(seconds_left()));
}

std::string Progress::bar(const std::string& phase, const std::vector<Term>& terms, int columns) const {
  const double done = end_ > 0 ? static_cast<double>(completed_) / static_cast<double>(end_) : 1.0;
  const int filled = std::clamp(static_cast<int>(done * kBarColumns), 0, kBarColumns);
  const std::string text = fmt::format("[{:#<{}}{:.<{}}] {:3.0f} %  {}",
                                       "",
                                       filled,
                                       "",
                                       kBarColumns - filled,
                                       std::floor(100 * done),
                                       line(phase, terms));
  // A line that reaches the last column is broken there by some terminals, and then cannot be written over.
  return text.substr(0, static_cast<std::size_t>(std::max(columns - 1, 1)));
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole >= 3600) return fmt::format("{}:{:02d}:{:02d}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02d}", whole / 60, whole % 60);
}

}  // namespace understudy
