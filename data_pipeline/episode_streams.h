#pragma once

#include <array>
#include <cstdint>

#include "common/philox.h"

namespace understudy {

/// Training draws without end; validation draws a fixed list, from streams of its own.
enum class Sequence : std::uint8_t { kTraining, kValidation };

/// The streams of draws behind the episodes of one set (docs/data-format.md). Set 0 of a mixture draws as a set alone.
class EpisodeStreams {
 public:
  EpisodeStreams(std::uint64_t seed, Sequence sequence, std::uint32_t set)
      : seed_(seed), validation_(sequence == Sequence::kValidation), set_(set) {}

  Draws identity_order(std::uint64_t cycle) const { return stream(Purpose::kIdentityOrder, 0, 0, cycle); }
  Draws clip_order(std::uint32_t identity, std::uint64_t round) const {
    return stream(Purpose::kClipOrder, 0, 1, (std::uint64_t{identity} << 32) | static_cast<std::uint32_t>(round));
  }
  Draws frames(std::uint64_t sample) const { return stream(Purpose::kFrames, 0, 2, sample); }
  Draws order_of_all_clips(std::uint64_t cycle) const { return stream(Purpose::kClipOrder, 1, 3, cycle); }
  Draws clip_by_frames(std::uint64_t sample) const { return stream(Purpose::kClipOrder, 2, 4, sample); }

 private:
  Draws stream(Purpose training, std::uint32_t training_sub, std::uint32_t validation_sub, std::uint64_t key) const {
    const std::uint32_t sub = (validation_ ? validation_sub : training_sub) + kSubsOfASet * set_;
    return {seed_, validation_ ? Purpose::kValidationEpisodes : training, key, static_cast<std::uint16_t>(sub)};
  }
  static constexpr std::uint32_t kSubsOfASet = 256;

  std::uint64_t seed_;
  bool validation_;
  std::uint32_t set_;
};

}  // namespace understudy
