#include "data_pipeline/sampler.h"

#include <utility>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

std::size_t least_frames(const EpisodeSpec& spec) {
  return spec.distinct_frames ? static_cast<std::size_t>(spec.sources) + 1 : 1;
}

void require_drawable(const DataSet& set, const EpisodeSpec& spec) {
  if (spec.sources < 0) throw DataError(fmt::format("an episode cannot have {} source frames", spec.sources));
  const SetRequirements& opened = set.requirements();
  if ((spec.needs_landmarks && !opened.landmarks) || (spec.needs_masks && !opened.masks)) {
    throw DataError(fmt::format("{}: was opened without annotations that its episodes need (landmarks {}, masks {})",
                                set.folder().string(),
                                spec.needs_landmarks,
                                spec.needs_masks));
  }
}

std::vector<std::uint32_t> draw_places(const EpisodeSpec& spec, std::uint32_t usable, Draws draws) {
  const auto count = static_cast<std::uint32_t>(spec.sources + 1);
  if (spec.distinct_frames) return draws.sample_without_replacement(usable, count);
  std::vector<std::uint32_t> places(count);
  for (std::uint32_t& place : places) place = draws.below(usable);
  return places;
}

}  // namespace

SetRequirements requirements_of(const EpisodeSpec& spec) {
  return {spec.needs_landmarks, spec.needs_masks};
}

struct Sampler::State {
  std::shared_ptr<const DataSet> set;
  std::uint64_t seed;
  EpisodeSpec spec;
  SamplerOptions options;
  ClipChoice clips = choice(Sequence::kTraining);

  EpisodeStreams streams(Sequence sequence) const { return {seed, sequence, options.set}; }
  ClipChoice choice(Sequence sequence) const {
    require_drawable(*set, spec);
    return {*set, least_frames(spec), options.balance, streams(sequence)};
  }

  Episode episode(const ClipChoice& choice, Sequence sequence, std::uint64_t sample) const {
    const std::uint32_t clip = choice.clip(sample);
    const ClipEntry& entry = set->clips()[clip];
    Episode episode{sample, options.set, entry.identity, clip, options.first_video + entry.video, {}};
    const auto usable = set->usable_frames(clip);
    const auto bound = static_cast<std::uint32_t>(usable.size());
    for (const std::uint32_t place : draw_places(spec, bound, streams(sequence).frames(sample)))
      episode.frames.push_back({clip, usable[place]});
    return episode;
  }
};

Sampler::Sampler(std::shared_ptr<const DataSet> set,
                 std::uint64_t seed,
                 EpisodeSpec spec,
                 const SamplerOptions& options)
    : state_(new State{std::move(set), seed, spec, options}) {}
Sampler::~Sampler() = default;
Sampler::Sampler(Sampler&&) noexcept = default;

Episode Sampler::episode(std::uint64_t sample) const {
  return state_->episode(state_->clips, Sequence::kTraining, sample);
}

std::vector<Episode> Sampler::fixed_list(std::int64_t count) const {
  const ClipChoice clips = state_->choice(Sequence::kValidation);
  std::vector<Episode> episodes;
  for (std::uint64_t sample = 0; sample < static_cast<std::uint64_t>(count); ++sample)
    episodes.push_back(state_->episode(clips, Sequence::kValidation, sample));
  return episodes;
}

const DataSet& Sampler::set() const {
  return *state_->set;
}
const EpisodeSpec& Sampler::spec() const {
  return state_->spec;
}
std::uint32_t Sampler::eligible_identities() const {
  return state_->clips.identities();
}

}  // namespace understudy
