#include "clusters/watchdog.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace understudy {
namespace {

/// The collectives ranks wait in: how many each has entered, and what for.
using Meeting = std::pair<std::uint64_t, std::string>;

Meeting meeting_of(const RankStatus& status) {
  return {status.collective.entered, status.collective.intent};
}

std::string list_of(const std::vector<const WatchedRank*>& ranks) {
  std::vector<std::string> lines;
  for (const WatchedRank* rank : ranks) lines.push_back(describe(rank->status));
  return fmt::format("{}", fmt::join(lines, "\n  "));
}

std::vector<int> numbers_of(const std::vector<const WatchedRank*>& ranks) {
  std::vector<int> numbers;
  for (const WatchedRank* rank : ranks) numbers.push_back(rank->status.rank);
  return numbers;
}

/// Sections whose length is that of a step, whatever part of it a rank is in.
Section measured_as(Section section) {
  return section == Section::kData || section == Section::kExchange ? Section::kStep : section;
}

}  // namespace

void Watchdog::learn(const RankStatus& status) {
  for (std::size_t i = 0; i < kSections; ++i) {
    known_[i].count = std::max(known_[i].count, status.gaps[i].count);
    if (status.gaps[i].count > 0) known_[i].p99_seconds = std::max(known_[i].p99_seconds, status.gaps[i].p99_seconds);
  }
}

std::optional<double> Watchdog::usual_seconds(Section section) const {
  const GapReading& known = known_[static_cast<std::size_t>(section)];
  return known.count > 0 ? std::optional(known.p99_seconds) : std::nullopt;
}

double Watchdog::limit(Section section) const {
  // A start reads what the last one left, perhaps on another node: how long one took says little about the next.
  if (section == Section::kStart) return limits_.unknown_seconds;
  const GapReading& known = known_[static_cast<std::size_t>(measured_as(section))];
  // There is one first step a start; one seen is enough to know what it takes.
  const bool once = section == Section::kFirstStep || section == Section::kEnd;
  if (known.count < (once ? 1 : limits_.enough)) return limits_.unknown_seconds;
  return std::max(limits_.least_seconds, limits_.factor * known.p99_seconds);
}

std::optional<HangFinding> Watchdog::judge(std::span<const WatchedRank> ranks) const {
  std::vector<const WatchedRank*> lost;
  std::vector<const WatchedRank*> busy;
  for (const WatchedRank& rank : ranks) {
    if (rank.silent_seconds >= limits_.lost_seconds) {
      lost.push_back(&rank);
    } else if (!waits_for_others(rank.status)) {
      busy.push_back(&rank);
    }
  }
  // Whatever one rank does within its limit, the others may wait for.
  std::vector<const WatchedRank*> stuck;
  for (const WatchedRank* rank : busy) {
    if (rank->status.idle_seconds >= limit(rank->status.section)) stuck.push_back(rank);
  }
  if (!lost.empty()) {
    // Only a run that stands still: what is lost may be the connection to the attendant alone.
    for (const WatchedRank& rank : ranks) {
      const bool heard = rank.silent_seconds < limits_.lost_seconds;
      if (heard && rank.status.idle_seconds < limits_.least_seconds) return std::nullopt;
    }
    return HangFinding{numbers_of(lost),
                       true,
                       fmt::format("nothing was heard for {:.0f} s of\n  {}", limits_.lost_seconds, list_of(lost))};
  }
  if (!stuck.empty()) return HangFinding{numbers_of(stuck), false, list_of(stuck)};
  return busy.empty() ? judge_waiting(ranks) : std::nullopt;
}

std::optional<HangFinding> Watchdog::judge_waiting(std::span<const WatchedRank> ranks) const {
  std::map<Meeting, std::vector<const WatchedRank*>> meetings;
  double shortest = limits_.unknown_seconds;
  for (const WatchedRank& rank : ranks) {
    meetings[meeting_of(rank.status)].push_back(&rank);
    shortest = std::min(shortest, rank.status.idle_seconds);
  }
  if (ranks.empty()) return std::nullopt;
  if (meetings.size() > 1) {
    if (shortest < limit(Section::kStep)) return std::nullopt;
    // The fewer are to blame; of two that differ the one that is ahead: it has left out what the other waits for.
    std::size_t most = 0;
    for (const auto& [meeting, members] : meetings) most = std::max(most, members.size());
    std::vector<const WatchedRank*> guilty;
    bool spared = false;
    for (const auto& [meeting, members] : meetings) {
      const bool spare = members.size() == most && !spared;
      spared = spared || spare;
      if (!spare) guilty.insert(guilty.end(), members.begin(), members.end());
    }
    std::vector<const WatchedRank*> all;
    for (const WatchedRank& rank : ranks) all.push_back(&rank);
    return HangFinding{numbers_of(guilty), false, "ranks wait in different collectives:\n  " + list_of(all)};
  }
  // All wait for each other in one place: messages do not arrive. Large ones take their time on a slow network.
  if (shortest < std::max(6.0 * limits_.least_seconds, limit(Section::kExchange))) return std::nullopt;
  return HangFinding{{},
                     false,
                     fmt::format("all ranks wait in collective {} ({}): messages between them do not arrive",
                                 ranks.front().status.collective.entered,
                                 ranks.front().status.collective.intent)};
}

}  // namespace understudy
