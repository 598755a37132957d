#include "data_pipeline/episode_frames.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/philox.h"

namespace understudy {
namespace {

void require_wanted(bool wanted, std::string_view what) {
  if (!wanted) throw Error(fmt::format("a recipe asks for {} that its EpisodeSpec does not need", what));
}

}  // namespace

PictureSize EpisodeFrames::frame_size() const {
  const ClipEntry& clip = data_->clips()[episode_.clip];
  return {clip.width, clip.height};
}

std::size_t EpisodeFrames::replaced() const {
  std::size_t replaced = 0;
  for (std::size_t i = 0; i < count(); ++i) replaced += frames_[i].tries > 0 ? 1 : 0;
  return replaced;
}

void EpisodeFrames::decode(std::size_t place, Picture& picture) const {
  try {
    data_->decode(episode_.frames[place], frames_[place].stored.jpeg, picture);
  } catch (const DamageError& error) {
    throw UndecodableFrame(place, error.what());
  }
}

Picture EpisodeFrames::decode(std::size_t place) const {
  Picture picture;
  decode(place, picture);
  return picture;
}

const Landmarks68& EpisodeFrames::landmarks(std::size_t place) const {
  require_wanted(wanted_.landmarks, "landmarks");
  return frames_[place].stored.landmarks;
}

Mask EpisodeFrames::mask(std::size_t place) const {
  require_wanted(wanted_.masks, "masks");
  try {
    return data_->decode_mask(episode_.frames[place], frames_[place].stored.mask);
  } catch (const DamageError& error) {
    throw UndecodableFrame(place, error.what());
  }
}

void EpisodeReader::read(const DataSet& data, const Episode& episode, EpisodeFrames& frames, ReadCounts& counts) const {
  frames.data_ = &data;
  frames.wanted_ = requirements_of(spec_);
  frames.episode_ = episode;
  if (frames.frames_.size() < episode.frames.size()) frames.frames_.resize(episode.frames.size());
  for (std::size_t i = 0; i < episode.frames.size(); ++i) {
    frames.frames_[i].drawn = episode.frames[i];
    frames.frames_[i].tries = 0;
    try {
      read_frame(frames, i, counts);
    } catch (const DamageError& error) {
      if (options_.on_corrupt == CorruptFrames::kStop) throw;
      replace(frames, i, error.what(), counts);
    }
  }
}

void EpisodeReader::read_frame(EpisodeFrames& frames, std::size_t place, ReadCounts& counts) const {
  frames.data_->read(frames.episode_.frames[place], frames.wanted_, frames.frames_[place].stored, counts);
}

/// Goes on in the order of replacements where an earlier try at this place ended.
void EpisodeReader::replace(EpisodeFrames& frames, std::size_t place, std::string reason, ReadCounts& counts) const {
  EpisodeFrames::Frame& frame = frames.frames_[place];
  FrameRef& ref = frames.episode_.frames[place];
  const auto usable = frames.data_->usable_frames(ref.clip);
  const std::vector<std::uint32_t> order =
      Draws(options_.seed, Purpose::kReplacementFrame, frames.episode_.sample, static_cast<std::uint16_t>(place))
          .permutation(static_cast<std::uint32_t>(usable.size()));
  while (frame.tries < order.size()) {
    const FrameRef candidate{ref.clip, usable[order[frame.tries++]]};
    if (!may_serve(frames, place, candidate)) continue;
    if (options_.on_replacement)
      options_.on_replacement(frames.describe(place),
                              fmt::format("{}; frame {} of the clip takes its place", reason, candidate.frame));
    ref = candidate;
    try {
      return read_frame(frames, place, counts);
    } catch (const DamageError& error) {
      reason = error.what();
    }
  }
  throw DamageError(fmt::format("{}; none of the clip's {} usable frames can take its place", reason, usable.size()));
}

bool EpisodeReader::may_serve(const EpisodeFrames& frames, std::size_t place, FrameRef candidate) const {
  if (candidate == frames.frames_[place].drawn) return false;
  const std::vector<FrameRef>& taken = frames.episode_.frames;
  return !spec_.distinct_frames || std::find(taken.begin(), taken.end(), candidate) == taken.end();
}

EpisodeFrames read_episode(const DataSet& data, const Episode& episode, const EpisodeSpec& spec) {
  EpisodeFrames frames;
  ReadCounts counts;
  EpisodeReader(spec, {}).read(data, episode, frames, counts);
  return frames;
}

}  // namespace understudy
