#include "trainer/stragglers.h"

#include <algorithm>

#include <fmt/format.h>

namespace understudy {
namespace {

constexpr std::size_t kIterationsALook = 100;
/// A rank that takes so much longer than the usual one is slow.
constexpr double kSlow = 1.3;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Stragglers::Stragglers(std::vector<std::string> nodes, std::vector<std::int64_t> micro_batches)
    : nodes_(std::move(nodes)), micro_batches_(std::move(micro_batches)), seconds_of_ranks_(nodes_.size()) {}

std::optional<std::string> Stragglers::add(const std::vector<double>& seconds) {
  if (seconds.size() < 2) return std::nullopt;
  for (std::size_t rank = 0; rank < seconds.size(); ++rank)
    seconds_of_ranks_[rank].push_back(seconds[rank] / static_cast<double>(micro_batches_[rank]));
  if (seconds_of_ranks_.front().size() < kIterationsALook) return std::nullopt;
  std::optional<std::string> found = table();
  for (std::vector<double>& list : seconds_of_ranks_) list.clear();
  return found;
}

std::optional<std::string> Stragglers::table() const {
  std::vector<double> medians;
  for (const std::vector<double>& list : seconds_of_ranks_) medians.push_back(median(list));
  // Of two ranks the quicker one is the measure.
  const double usual = medians.size() == 2 ? std::min(medians[0], medians[1]) : median(medians);
  std::string rows;
  for (std::size_t rank = 0; rank < medians.size(); ++rank) {
    if (medians[rank] > kSlow * usual)
      rows += fmt::format("\n  rank {} on node {}: {:.3f} s a micro-batch, {:.1f} times the usual {:.3f} s",
                          rank,
                          nodes_[rank],
                          medians[rank],
                          medians[rank] / usual,
                          usual);
  }
  if (rows.empty()) return std::nullopt;
  return fmt::format("slow ranks hold up the others, over the last {} iterations:{}", kIterationsALook, rows);
}

}  // namespace understudy
