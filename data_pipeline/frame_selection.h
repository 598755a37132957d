#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace understudy {

/// Which frames of a set a run sees.
struct FrameSelection {
  std::string identity;      ///< name of the one person; empty: everyone
  double held_out = 0.0;     ///< share of every clip's usable frames, its last ones, that is held out
  bool of_held_out = false;  ///< what is held out instead of the rest

  bool everything() const { return identity.empty() && held_out == 0.0 && !of_held_out; }
  /// The same selection, always: for fingerprints.
  std::string text() const;
};

/// Frames next to each other look alike, so that what is held out is a stretch and not drawn here and there. The share
/// is rounded to the nearest number of frames; one is always left.
/// @param usable  of one clip, ascending
std::vector<std::uint32_t> selected_frames(std::span<const std::uint32_t> usable, const FrameSelection& selection);

}  // namespace understudy
