#include "trainer/watching/stragglers.h"

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

std::vector<SlowRank> slow_ranks(const std::vector<double>& seconds) {
  std::vector<SlowRank> slow;
  if (seconds.size() < 2) return slow;
  // Of two ranks the quicker one is the measure.
  const double usual = seconds.size() == 2 ? std::min(seconds[0], seconds[1]) : median(seconds);
  for (std::size_t rank = 0; rank < seconds.size(); ++rank) {
    if (seconds[rank] > kSlow * usual) slow.push_back({rank, seconds[rank], usual});
  }
  return slow;
}

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
  std::string rows;
  for (const SlowRank& slow : slow_ranks(medians)) {
    rows += fmt::format("\n  rank {} on node {}: {:.3f} s a micro-batch, {:.1f} times the usual {:.3f} s",
                        slow.rank,
                        nodes_[slow.rank],
                        slow.seconds,
                        slow.times_usual(),
                        slow.usual);
  }
  if (rows.empty()) return std::nullopt;
  return fmt::format("slow ranks hold up the others, over the last {} iterations:{}", kIterationsALook, rows);
}

}  // namespace understudy
