#include "data_pipeline/sampler.h"

#include <array>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "common/philox.h"

namespace understudy {
namespace {

using Order = std::vector<std::uint32_t>;

/// The streams of draws behind one sequence of episodes.
struct Streams {
  Purpose identity;
  Purpose clip;
  Purpose frames;
  std::array<std::uint16_t, 3> sub;
};
constexpr Streams kTraining{Purpose::kIdentityOrder, Purpose::kClipOrder, Purpose::kFrames, {0, 0, 0}};
constexpr Streams kValidation{
    Purpose::kValidationEpisodes, Purpose::kValidationEpisodes, Purpose::kValidationEpisodes, {0, 1, 2}};

/// An identity that can serve, with its clips that can.
struct Candidate {
  std::uint32_t identity;
  std::vector<std::uint32_t> clips;
};

/// Threads that prefetch straddle the edge of a cycle, so two orders are kept.
class OrderCache {
 public:
  template <typename Make>
  std::shared_ptr<const Order> get(std::uint64_t cycle, Make make) {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[cycle % entries_.size()];
    if (!entry.order || entry.cycle != cycle) entry = {cycle, std::make_shared<const Order>(make())};
    return entry.order;
  }

 private:
  struct Entry {
    std::uint64_t cycle = 0;
    std::shared_ptr<const Order> order;
  };
  std::mutex mutex_;
  std::array<Entry, 2> entries_;
};

}  // namespace

SetRequirements requirements_of(const EpisodeSpec& spec) {
  return {spec.needs_landmarks, spec.needs_masks};
}

struct Sampler::State {
  std::shared_ptr<const DataSet> set;
  std::uint64_t seed = 0;
  EpisodeSpec spec;
  std::vector<Candidate> candidates;
  mutable OrderCache orders;

  void require_annotations() const {
    const SetRequirements& opened = set->requirements();
    if ((spec.needs_landmarks && !opened.landmarks) || (spec.needs_masks && !opened.masks)) {
      throw DataError(fmt::format("{}: was opened without annotations that its episodes need (landmarks {}, masks {})",
                                  set->folder().string(),
                                  spec.needs_landmarks,
                                  spec.needs_masks));
    }
  }

  std::size_t least_frames() const { return spec.distinct_frames ? static_cast<std::size_t>(spec.sources) + 1 : 1; }

  void list_candidates() {
    const auto identities = set->identities();
    for (std::uint32_t i = 0; i < identities.size(); ++i) {
      Candidate candidate{i, {}};
      for (std::uint32_t c = identities[i].first_clip; c < identities[i].first_clip + identities[i].clips; ++c) {
        if (set->usable_frames(c).size() >= least_frames()) candidate.clips.push_back(c);
      }
      if (!candidate.clips.empty()) candidates.push_back(std::move(candidate));
    }
    if (candidates.empty()) {
      throw DataError(
          fmt::format("{}: none of {} clips has {} usable frame(s) with all annotations that the run needs; see "
                      "`understudy shard inspect {}`",
                      set->folder().string(),
                      set->clips().size(),
                      least_frames(),
                      set->folder().string()));
    }
  }

  Order identity_order(const Streams& streams, std::uint64_t cycle) const {
    return Draws(seed, streams.identity, cycle, streams.sub[0])
        .permutation(static_cast<std::uint32_t>(candidates.size()));
  }

  std::uint32_t clip_at(const Streams& streams, const Candidate& candidate, std::uint64_t visit) const {
    const auto count = static_cast<std::uint32_t>(candidate.clips.size());
    const std::uint64_t key = (std::uint64_t{candidate.identity} << 32) | static_cast<std::uint32_t>(visit / count);
    const Order order = Draws(seed, streams.clip, key, streams.sub[1]).permutation(count);
    return candidate.clips[order[visit % count]];
  }

  std::vector<FrameRef> frames_of(const Streams& streams, std::uint32_t clip, std::uint64_t sample) const {
    const auto usable = set->usable_frames(clip);
    const auto bound = static_cast<std::uint32_t>(usable.size());
    const auto count = static_cast<std::uint32_t>(spec.sources + 1);
    Draws draws(seed, streams.frames, sample, streams.sub[2]);
    Order places;
    if (spec.distinct_frames) {
      places = draws.sample_without_replacement(bound, count);
    } else {
      for (std::uint32_t i = 0; i < count; ++i) places.push_back(draws.below(bound));
    }
    std::vector<FrameRef> frames;
    for (const std::uint32_t place : places) frames.push_back({clip, usable[place]});
    return frames;
  }

  Episode episode(const Streams& streams, const Order& identities, std::uint64_t sample) const {
    const std::uint64_t cycle = sample / candidates.size();
    const Candidate& candidate = candidates[identities[sample % candidates.size()]];
    const std::uint32_t clip = clip_at(streams, candidate, cycle);
    return {sample, candidate.identity, clip, frames_of(streams, clip, sample)};
  }
};

Sampler::Sampler(std::shared_ptr<const DataSet> set, std::uint64_t seed, EpisodeSpec spec)
    : state_(std::make_unique<State>()) {
  if (spec.sources < 0) throw DataError(fmt::format("an episode cannot have {} source frames", spec.sources));
  state_->set = std::move(set);
  state_->seed = seed;
  state_->spec = spec;
  state_->require_annotations();
  state_->list_candidates();
}
Sampler::~Sampler() = default;
Sampler::Sampler(Sampler&&) noexcept = default;

Episode Sampler::episode(std::uint64_t sample) const {
  const std::uint64_t cycle = sample / state_->candidates.size();
  const auto order = state_->orders.get(cycle, [&] { return state_->identity_order(kTraining, cycle); });
  return state_->episode(kTraining, *order, sample);
}

std::vector<Episode> Sampler::fixed_list(std::int64_t count) const {
  std::vector<Episode> episodes;
  Order order;
  for (std::uint64_t sample = 0; sample < static_cast<std::uint64_t>(count); ++sample) {
    const std::uint64_t identities = state_->candidates.size();
    if (sample % identities == 0) order = state_->identity_order(kValidation, sample / identities);
    episodes.push_back(state_->episode(kValidation, order, sample));
  }
  return episodes;
}

const DataSet& Sampler::set() const {
  return *state_->set;
}
const EpisodeSpec& Sampler::spec() const {
  return state_->spec;
}
std::uint32_t Sampler::eligible_identities() const {
  return static_cast<std::uint32_t>(state_->candidates.size());
}

}  // namespace understudy
