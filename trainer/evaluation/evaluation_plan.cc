#include "trainer/evaluation/evaluation_plan.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/errors.h"

namespace understudy {
namespace {

/// `count` numbers spread evenly over 0 ... total - 1.
std::vector<std::size_t> spread(std::int64_t total, std::int64_t count) {
  std::vector<std::size_t> numbers;
  const std::int64_t taken = std::min(total, count);
  for (std::int64_t i = 0; i < taken; ++i) numbers.push_back(static_cast<std::size_t>(i * total / taken));
  return numbers;
}

/// Clips of some people, chosen and cut into sources and driving frames.
class ClipChoice {
 public:
  ClipChoice(const DataSet& set, std::int64_t sources, const EvaluationOptions& options)
      : set_(set), options_(options), sources_(sources) {}

  std::vector<EvaluatedClip> choose(const std::vector<std::uint32_t>& identities) {
    std::vector<std::uint32_t> long_enough;
    for (std::uint32_t clip = 0; clip < set_.clips().size(); ++clip) {
      if (!std::binary_search(identities.begin(), identities.end(), set_.clips()[clip].identity)) continue;
      longest_ = std::max(longest_, set_.usable_frames(clip).size());
      if (set_.usable_frames(clip).size() >= frames_needed()) {
        long_enough.push_back(clip);
      } else {
        ++short_clips_;
      }
    }
    std::vector<EvaluatedClip> clips;
    for (const std::size_t i : spread(std::ssize(long_enough), options_.clips)) clips.push_back(cut(long_enough[i]));
    return clips;
  }

  std::int64_t short_clips() const { return short_clips_; }
  std::size_t longest() const { return longest_; }
  /// The first frame drives nothing even where it is no source, because the table compares with copying it.
  std::size_t frames_needed() const { return static_cast<std::size_t>(std::max<std::int64_t>(sources_, 1)) + 1; }

 private:
  EvaluatedClip cut(std::uint32_t clip) const {
    const auto usable = set_.usable_frames(clip);
    EvaluatedClip cut{
        .clip = clip, .identity = set_.clips()[clip].identity, .first = usable[0], .sources = {}, .driving = {}};
    cut.sources.assign(usable.begin(), usable.begin() + sources_);
    const auto rest = usable.subspan(frames_needed() - 1);
    for (const std::size_t i : spread(std::ssize(rest), options_.frames)) cut.driving.push_back(rest[i]);
    return cut;
  }

  const DataSet& set_;
  const EvaluationOptions& options_;
  std::int64_t sources_;
  std::int64_t short_clips_ = 0;
  std::size_t longest_ = 0;
};

std::string some_names(const DataSet& set) {
  constexpr std::size_t kMost = 8;
  std::vector<std::string_view> names;
  for (const IdentityEntry& entry : set.identities().first(std::min(kMost, set.identities().size())))
    names.push_back(entry.name);
  const std::size_t more = set.identities().size() - names.size();
  return fmt::format("{}{}", fmt::join(names, ", "), more > 0 ? fmt::format(" and {} more", more) : "");
}

std::vector<std::uint32_t> all_others(const DataSet& set, std::uint32_t identity) {
  std::vector<std::uint32_t> others;
  for (std::uint32_t other = 0; other < set.identities().size(); ++other) {
    if (other != identity) others.push_back(other);
  }
  return others;
}

std::vector<std::uint32_t> people_of(const std::vector<EvaluatedClip>& clips) {
  std::vector<std::uint32_t> people;
  for (const EvaluatedClip& clip : clips) {
    if (people.empty() || people.back() != clip.identity) people.push_back(clip.identity);
  }
  return people;
}

/// Every clip with the one half a list further on, where that is of another person and both have known parameters.
std::vector<Crossing> crossings_of(const DataSet& set, const EvaluationPlan& plan) {
  std::vector<Crossing> crossings;
  if (!set.has_truth() || plan.drivers.empty()) return crossings;
  const auto known = [&](const EvaluatedClip& clip) {
    return set.identity_truth(clip.clip) && set.truth({clip.clip, clip.first});
  };
  for (std::size_t i = 0; i < plan.clips.size(); ++i) {
    const std::size_t driver = (i + plan.drivers.size() / 2) % plan.drivers.size();
    if (plan.clips[i].identity == plan.drivers[driver].identity) continue;
    if (known(plan.clips[i]) && known(plan.drivers[driver])) crossings.push_back({i, driver});
  }
  return crossings;
}

}  // namespace

std::vector<std::size_t> EvaluationPlan::clips_of(std::uint32_t identity) const {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    if (clips[i].identity == identity) numbers.push_back(i);
  }
  return numbers;
}

std::vector<std::size_t> EvaluationPlan::drivers_of(std::uint32_t identity, std::int64_t most) const {
  std::vector<std::size_t> before;
  std::vector<std::size_t> after;
  for (std::size_t i = 0; i < drivers.size(); ++i) {
    const bool is_first = i == 0 || drivers[i].identity != drivers[i - 1].identity;
    if (is_first && drivers[i].identity != identity) (drivers[i].identity < identity ? before : after).push_back(i);
  }
  after.insert(after.end(), before.begin(), before.end());
  after.resize(std::min(after.size(), static_cast<std::size_t>(most)));
  return after;
}

std::vector<std::uint32_t> identities_named(const DataSet& set, const std::vector<std::string>& names) {
  std::vector<std::uint32_t> identities;
  std::vector<std::string> unknown;
  for (const std::string& name : names) {
    const auto all = set.identities();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& entry) { return entry.name == name; });
    if (found == all.end())
      unknown.push_back(name);
    else
      identities.push_back(static_cast<std::uint32_t>(found - all.begin()));
  }
  if (!unknown.empty()) {
    throw ConfigError(fmt::format("--person: {} has nobody named {}; its people are {}",
                                  set.folder().string(),
                                  fmt::join(unknown, ", "),
                                  some_names(set)));
  }
  for (std::uint32_t i = 0; names.empty() && i < set.identities().size(); ++i) identities.push_back(i);
  std::sort(identities.begin(), identities.end());
  identities.erase(std::unique(identities.begin(), identities.end()), identities.end());
  return identities;
}

EvaluationPlan plan_evaluation(const DataSet& set, std::int64_t sources, const EvaluationOptions& options) {
  EvaluationPlan plan;
  ClipChoice choice(set, sources, options);
  plan.clips = choice.choose(identities_named(set, options.persons));
  plan.short_clips = choice.short_clips();
  if (plan.clips.empty()) {
    throw DataError(
        fmt::format("{}: no clip is long enough: {} usable frames are needed, {} to begin with and one to "
                    "drive; the longest has {}",
                    set.folder().string(),
                    choice.frames_needed(),
                    choice.frames_needed() - 1,
                    choice.longest()));
  }
  plan.persons = people_of(plan.clips);
  plan.drivers = plan.clips;
  if (plan.persons.size() == 1)
    plan.drivers = ClipChoice(set, sources, options).choose(all_others(set, plan.persons[0]));
  plan.crossings = crossings_of(set, plan);
  return plan;
}

}  // namespace understudy
