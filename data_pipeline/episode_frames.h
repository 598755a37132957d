#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/errors.h"
#include "data_pipeline/data_set.h"
#include "data_pipeline/sampler.h"

namespace understudy {

/// What becomes of an episode with a frame that fails its CRC32C twice or cannot be decoded.
enum class CorruptFrames { kStop, kReplace };

/// One frame of an episode cannot be decoded; another may take its place.
class UndecodableFrame : public DamageError {
 public:
  UndecodableFrame(std::size_t place, const std::string& message) : DamageError(message), place_(place) {}
  std::size_t place() const { return place_; }

 private:
  std::size_t place_;
};

/// All that one episode needs of storage, read and checked: a sample is made from it without touching a file. Used
/// again for another episode, it keeps its memory.
class EpisodeFrames {
 public:
  /// With the frames as they are: a replacement stands where the damaged frame was drawn.
  const Episode& episode() const { return episode_; }
  std::size_t count() const { return episode_.frames.size(); }
  /// Size of every frame.
  PictureSize frame_size() const;
  /// Side of the square picture that landmark values are pixels of.
  float landmark_reference_size() const { return data_->landmark_reference_size(); }
  /// "frames-00000.h5, clip id1#v#0, frame 12", for messages.
  std::string describe(std::size_t place) const { return data_->describe(episode_.frames[place]); }
  /// Frames that stand in for damaged ones.
  std::size_t replaced() const;

  /// Decodes into memory that is used again; sources come first, the driving frame last. Safe on any thread.
  /// @throws UndecodableFrame
  void decode(std::size_t place, Picture& picture) const;
  Picture decode(std::size_t place) const;
  /// @throws Error  when the episode's spec does not ask for landmarks
  const Landmarks68& landmarks(std::size_t place) const;
  /// @throws UndecodableFrame. @throws Error  when the episode's spec does not ask for masks
  Mask mask(std::size_t place) const;

 private:
  friend class EpisodeReader;
  struct Frame {
    StoredFrame stored;
    FrameRef drawn;           ///< by the sampler
    std::uint32_t tries = 0;  ///< entries of the order of replacements that are used up
  };

  const DataSet* data_ = nullptr;
  SetRequirements wanted_;
  Episode episode_;
  std::vector<Frame> frames_;  ///< at least as many as the episode has
};

/// Reads episodes, and puts intact frames in the place of damaged ones where it is told to. The frames tried are the
/// clip's usable ones in an order keyed by (seed, sample, place), none twice; so any rank and thread finds the same.
/// Safe on any number of threads.
class EpisodeReader {
 public:
  struct Options {
    CorruptFrames on_corrupt = CorruptFrames::kStop;
    std::uint64_t seed = 0;
    /// Told of every replacement, from any thread: what is wrong with which frame, and what takes its place.
    std::function<void(const std::string& damaged, const std::string& message)> on_replacement = {};
  };

  EpisodeReader(const EpisodeSpec& spec, Options options) : spec_(spec), options_(std::move(options)) {}

  /// @param frames  takes the episode; its memory is used again. @param counts  gets what reading took
  /// @throws DamageError  for a damaged frame that must not or cannot be replaced. @throws DataError
  void read(const DataSet& data, const Episode& episode, EpisodeFrames& frames, ReadCounts& counts) const;

  /// Makes something of the frames by a function that decodes them; as long as it throws UndecodableFrame, that frame
  /// is replaced and the function called again. @throws DamageError, DataError  as `read`
  template <typename Make>
  auto decoding(EpisodeFrames& frames, ReadCounts& counts, const Make& make) const {
    for (;;) {
      try {
        return make(frames);
      } catch (const UndecodableFrame& error) {
        if (options_.on_corrupt == CorruptFrames::kStop) throw;
        replace(frames, error.place(), error.what(), counts);
      }
    }
  }

 private:
  void read_frame(EpisodeFrames& frames, std::size_t place, ReadCounts& counts) const;
  void replace(EpisodeFrames& frames, std::size_t place, std::string reason, ReadCounts& counts) const;
  bool may_serve(const EpisodeFrames& frames, std::size_t place, FrameRef candidate) const;

  EpisodeSpec spec_;
  Options options_;
};

/// Reads one episode as it is. @throws DamageError, DataError
EpisodeFrames read_episode(const DataSet& data, const Episode& episode, const EpisodeSpec& spec);

}  // namespace understudy
