#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include <ATen/core/Tensor.h>

#include "data_pipeline/picture.h"

namespace understudy {

/// How the driving motion reaches the result.
struct ReenactMode {
  bool relative = false;     ///< move the first source by the change since the reference frame
  bool adapt_scale = false;  ///< in relative mode, scale that change by the sizes of the two faces
};

/// What driving frames became, b of them.
struct AnimatedFrames {
  at::Tensor pictures;  ///< [b, 3, n, n], clamped to [0, 1]
  at::Tensor masks;     ///< [b, 1, n, n] in [0, 1], what is foreground; undefined where a system draws everything
};

/// Animates source pictures by driving frames: a published system as inference sees it.
class Reenactor {
 public:
  /// The frames of a driving video in their order; nothing at its end.
  using NextFrame = std::function<std::optional<Picture>()>;

  virtual ~Reenactor() = default;

  /// Side of the pictures that it makes.
  virtual std::int64_t picture_size() const = 0;
  /// Pictures of a person that the system was made to see; 0 where the weights hold the person.
  virtual std::int64_t sources_wanted() const = 0;
  /// Whether pictures show the foreground alone, on black, and come with masks.
  virtual bool draws_foreground() const { return false; }
  /// Source pictures of any size, one at least; what depends on them alone is computed here, once.
  /// @throws ConfigError  where the weights hold the person
  virtual void set_sources(std::span<const Picture> sources) = 0;
  /// The driving frame that relative motion starts from. @throws ConfigError  when the system has only absolute motion
  virtual void set_reference(const Picture& driving);
  /// Number of the driving frame that is most like the source, to start relative motion from. @throws ConfigError
  virtual std::size_t best_reference(const Picture& source, const NextFrame& driving) const;
  /// Animates by each of the driving frames alone: how many come at once changes the speed and roundings.
  virtual AnimatedFrames render(std::span<const Picture> driving, const ReenactMode& mode) const = 0;
};

}  // namespace understudy
