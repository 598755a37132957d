#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "data_pipeline/picture.h"

namespace understudy {

/// How the driving motion reaches the result.
struct ReenactMode {
  bool relative = false;     ///< move the first source by the change since the reference frame
  bool adapt_scale = false;  ///< in relative mode, scale that change by the sizes of the two faces
};

/// Animates source pictures by driving frames, one at a time: a published system as inference sees it.
class Reenactor {
 public:
  /// The frames of a driving video in their order; nothing at its end.
  using NextFrame = std::function<std::optional<Picture>()>;

  virtual ~Reenactor() = default;

  /// Side of the pictures that it makes.
  virtual std::int64_t picture_size() const = 0;
  /// Source pictures of any size; what depends on them alone is computed here, once.
  virtual void set_sources(const std::vector<Picture>& sources) = 0;
  /// The driving frame that relative motion starts from. @throws ConfigError  when the system has only absolute motion
  virtual void set_reference(const Picture& driving);
  /// Number of the driving frame that is most like the source, to start relative motion from. @throws ConfigError
  virtual std::size_t best_reference(const Picture& source, const NextFrame& driving) const;
  /// @returns the animated frame, [3, n, n], clamped to [0, 1]
  virtual at::Tensor render(const Picture& driving, const ReenactMode& mode) const = 0;
};

}  // namespace understudy
