#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "data_pipeline/data_set.h"
#include "data_pipeline/episode_streams.h"

namespace understudy {

/// What is drawn equally often.
enum class Balance : std::uint8_t {
  kIdentity,  ///< people, and within each their clips
  kClip,      ///< clips
  kFrame,     ///< frames: a clip in proportion to its usable frames
};

/// An order drawn for each cycle over a list. Threads that prefetch straddle the edge of a cycle, so two are kept.
class CycleOrders {
 public:
  using Order = std::vector<std::uint32_t>;

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

/// Which clip each sample shows: a pure function of streams and sample number (docs/data-format.md). Safe on any
/// thread.
class ClipChoice {
 public:
  /// @param least_frames  usable frames that a clip needs to serve
  /// @throws DataError  when no clip can serve
  ClipChoice(const DataSet& set, std::size_t least_frames, Balance balance, const EpisodeStreams& streams);

  std::uint32_t clip(std::uint64_t sample) const;
  /// Identities with at least one clip that can serve.
  std::uint32_t identities() const { return static_cast<std::uint32_t>(people_.size()); }

 private:
  /// An identity that can serve, with its part of `clips_`.
  struct Person {
    std::uint32_t identity = 0;
    std::uint32_t first = 0;
    std::uint32_t clips = 0;
  };

  void list(const DataSet& set, std::size_t least_frames);
  std::uint32_t clip_of_the_next_person(std::uint64_t sample) const;
  std::uint32_t next_clip(std::uint64_t sample) const;
  std::uint32_t clip_of_a_frame(std::uint64_t sample) const;

  Balance balance_;
  EpisodeStreams streams_;
  std::vector<Person> people_;
  std::vector<std::uint32_t> clips_;       ///< that can serve, ascending
  std::vector<std::uint64_t> frames_end_;  ///< usable frames of clips_[0 ... i]
  mutable CycleOrders orders_;             ///< of people or of clips
};

}  // namespace understudy
