#pragma once

#include <array>
#include <optional>

#include "data_pipeline/annotate/set_annotator.h"
#include "data_pipeline/data_set.h"

namespace understudy {

/// Left, top, right, bottom in pixels of a frame; right and bottom are outside. It may reach beyond the frame.
using FrameBox = std::array<float, 4>;

// How far a head reaches beyond the extent of its 68 points, which end at brows, chin and jaw, in parts of that
// extent's height and width. From brows to chin is two thirds of a face up to its hairline, and the crown lies still
// higher; the points of the jaw lie before the ears.
inline constexpr double kHeadAbove = 0.6;
inline constexpr double kHeadBelow = 0.1;
inline constexpr double kHeadBeside = 0.15;

/// The head around landmarks; nothing for a frame without a face, or points without an extent.
/// @param reference_size  side of the square picture that they are pixels of; it stands for the frame of width x height
std::optional<FrameBox> head_box(const Landmarks68& landmarks, float reference_size, int width, int height);

/// The extent of pixels that are at least half covered; nothing when there is none.
std::optional<FrameBox> head_box(const Mask& mask);

/// What boxes are computed from.
enum class BoxSource { kLandmarks, kMasks };

/// Boxes from what the set has already: unknown in frames without landmarks or mask. A clip that has none at all is
/// rejected.
class HeadBoxAnnotator : public SetAnnotator {
 public:
  /// @throws DataError  when the set has no landmarks or masks
  HeadBoxAnnotator(DataSet set, BoxSource source);
  ClipAnnotations annotate(const StoredClip& clip) const override;

 private:
  std::optional<FrameBox> find(const StoredClip& clip, FrameRef frame) const;

  DataSet set_;
  BoxSource source_;
};

}  // namespace understudy
