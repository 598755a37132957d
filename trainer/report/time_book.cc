#include "trainer/report/time_book.h"

#include <algorithm>
#include <numeric>

namespace understudy {
namespace {

constexpr std::size_t index_of(TimeUse use) {
  return static_cast<std::size_t>(use);
}

TimeUse use_of(RunSpan span) {
  switch (span) {
    case RunSpan::kSaving:
      return TimeUse::kSaving;
    case RunSpan::kValidating:
      return TimeUse::kValidating;
    case RunSpan::kSampling:
      return TimeUse::kSampling;
  }
  return TimeUse::kOther;
}

}  // namespace

void TimeBook::add(const TimeRecord& record) {
  if (record.kind == TimeRecord::Kind::kBegin) {
    if (starts_.empty() || record.start > starts_.back().number) begin(record);
    return;
  }
  if (starts_.empty() || record.start != starts_.back().number) return;
  add_work(record);
  RunStart& start = starts_.back();
  start.last = std::max(start.last, record.time);
  start.reached = std::max(start.reached, record.completed);
  if (record.kind == TimeRecord::Kind::kSpan && record.span == RunSpan::kSaving) open_stretch(record.completed);
  if (record.kind == TimeRecord::Kind::kEnd) {
    start.end = record.end;
    start.message = record.message;
  }
}

void TimeBook::begin(const TimeRecord& record) {
  if (!starts_.empty()) not_running_seconds_ += std::max(0.0, record.began - starts_.back().last);
  lose_after(record.completed);
  restarting_seconds_ += std::max(0.0, record.time - record.began);
  starts_.push_back({.number = record.start,
                     .began = record.began,
                     .last = std::max(record.began, record.time),
                     .from = record.completed,
                     .reached = record.completed,
                     .nodes = record.nodes,
                     .end = std::nullopt,
                     .message = ""});
  open_stretch(record.completed);
}

void TimeBook::open_stretch(std::int64_t first) {
  stretches_.push_back({starts_.size() - 1, first, first});
}

/// The run does not stand any more on what was done after so many iterations. A start goes on from a save, so that a
/// stretch is lost whole; one that is not divided there is split by its iterations.
void TimeBook::lose_after(std::int64_t completed) {
  std::vector<Stretch> kept;
  for (Stretch& stretch : stretches_) {
    if (stretch.end <= completed) {
      kept.push_back(stretch);
      continue;
    }
    const std::int64_t stays = std::max<std::int64_t>(0, completed - stretch.first);
    const double share =
        stays == 0 ? 0.0 : static_cast<double>(stays) / static_cast<double>(stretch.end - stretch.first);
    starts_[stretch.start].lost += stretch.end - stretch.first - stays;
    for (double& seconds : stretch.seconds) {
      lost_seconds_ += (1.0 - share) * seconds;
      seconds *= share;
    }
    stretch.exchange_seconds *= share;
    stretch.end = stretch.first + stays;
    if (stays > 0) kept.push_back(stretch);
  }
  stretches_ = std::move(kept);
}

/// The time since the record before: iterations, the span, and what is left.
void TimeBook::add_work(const TimeRecord& record) {
  Stretch& open = stretches_.back();
  const auto add = [&open](TimeUse use, double seconds) { open.seconds[index_of(use)] += seconds; };
  const double waited = std::min(record.since.data_wait_seconds, record.since.seconds);
  const double span = record.kind == TimeRecord::Kind::kSpan ? record.span_seconds : 0.0;
  const double passed = record.time - starts_.back().last;
  add(TimeUse::kUseful, record.since.seconds - waited);
  add(TimeUse::kDataWait, waited);
  add(use_of(record.span), span);
  add(TimeUse::kOther, std::max(0.0, passed - record.since.seconds - span));
  open.exchange_seconds += record.since.exchange_seconds;
  open.end = std::max(open.end, record.completed);
}

double TimeBook::seconds(TimeUse use) const {
  switch (use) {
    case TimeUse::kLost:
      return lost_seconds_;
    case TimeUse::kRestarting:
      return restarting_seconds_;
    case TimeUse::kNotRunning:
      return not_running_seconds_;
    default:
      return std::accumulate(stretches_.begin(), stretches_.end(), 0.0, [use](double sum, const Stretch& stretch) {
        return sum + stretch.seconds[index_of(use)];
      });
  }
}

double TimeBook::exchange_seconds() const {
  return std::accumulate(stretches_.begin(), stretches_.end(), 0.0, [](double sum, const Stretch& stretch) {
    return sum + stretch.exchange_seconds;
  });
}

double TimeBook::total() const {
  double sum = 0.0;
  for (std::size_t use = 0; use < kTimeUses; ++use) sum += seconds(static_cast<TimeUse>(use));
  return sum;
}

double TimeBook::share(TimeUse use) const {
  const double all = total();
  return all > 0.0 ? seconds(use) / all : 0.0;
}

std::int64_t TimeBook::lost_iterations() const {
  return std::accumulate(starts_.begin(), starts_.end(), std::int64_t{0}, [](std::int64_t sum, const RunStart& start) {
    return sum + start.lost;
  });
}

}  // namespace understudy
