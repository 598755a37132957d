#include "data_pipeline/clip_choice.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {

ClipChoice::ClipChoice(const DataSet& set, std::size_t least_frames, Balance balance, const EpisodeStreams& streams)
    : balance_(balance), streams_(streams) {
  list(set, least_frames);
  if (clips_.empty()) {
    throw DataError(
        fmt::format("{}: none of {} clips has {} usable frame(s) with all annotations that the run needs, among those "
                    "that identity and data.held_out leave; see `understudy shard inspect {}`",
                    set.folder().string(),
                    set.clips().size(),
                    least_frames,
                    set.folder().string()));
  }
}

void ClipChoice::list(const DataSet& set, std::size_t least_frames) {
  std::uint64_t frames = 0;
  for (std::uint32_t clip = 0; clip < set.clips().size(); ++clip) {
    const std::size_t usable = set.usable_frames(clip).size();
    if (usable < least_frames) continue;
    const std::uint32_t identity = set.clips()[clip].identity;
    if (people_.empty() || people_.back().identity != identity)
      people_.push_back({identity, static_cast<std::uint32_t>(clips_.size()), 0});
    ++people_.back().clips;
    clips_.push_back(clip);
    frames_end_.push_back(frames += usable);
  }
}

std::uint32_t ClipChoice::clip(std::uint64_t sample) const {
  if (balance_ == Balance::kIdentity) return clip_of_the_next_person(sample);
  return balance_ == Balance::kClip ? next_clip(sample) : clip_of_a_frame(sample);
}

std::uint32_t ClipChoice::clip_of_the_next_person(std::uint64_t sample) const {
  const std::uint64_t cycle = sample / people_.size();
  const auto people = orders_.get(cycle, [&] { return streams_.identity_order(cycle).permutation(identities()); });
  const Person& person = people_[(*people)[sample % people_.size()]];
  const auto clips = streams_.clip_order(person.identity, cycle / person.clips).permutation(person.clips);
  return clips_[person.first + clips[cycle % person.clips]];
}

std::uint32_t ClipChoice::next_clip(std::uint64_t sample) const {
  const std::uint64_t cycle = sample / clips_.size();
  const auto order = orders_.get(
      cycle, [&] { return streams_.order_of_all_clips(cycle).permutation(static_cast<std::uint32_t>(clips_.size())); });
  return clips_[(*order)[sample % clips_.size()]];
}

std::uint32_t ClipChoice::clip_of_a_frame(std::uint64_t sample) const {
  const std::uint64_t frame = streams_.clip_by_frames(sample).below64(frames_end_.back());
  const auto clip = std::upper_bound(frames_end_.begin(), frames_end_.end(), frame);
  return clips_[static_cast<std::size_t>(clip - frames_end_.begin())];
}

}  // namespace understudy
