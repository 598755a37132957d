#pragma once

#include <cstdint>

namespace understudy {

/// One frame of a set.
struct FrameRef {
  std::uint32_t clip = 0;   ///< row of the index
  std::uint32_t frame = 0;  ///< number within the clip
  bool operator==(const FrameRef&) const = default;
};

}  // namespace understudy
