#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "data_pipeline/data_set.h"
#include "data_pipeline/synthetic_head.h"

namespace understudy {

/// What a driving frame of one person asks of another, where both are drawn and known.
struct KnownHead {
  IdentityParameters identity;
  HeadPose pose;
  ExpressionParameters expression;
};

/// Frames of a set in the form in which networks are judged on them.
class SetPictures {
 public:
  /// @param size  side of the judged pictures
  /// @param foreground  they show the foreground alone, on black; the set has masks then
  SetPictures(const DataSet& set, std::int64_t size, bool foreground)
      : set_(set), size_(static_cast<int>(size)), foreground_(foreground) {}

  const DataSet& set() const { return set_; }
  bool foreground() const { return foreground_; }

  /// The whole frame as it is stored.
  Picture frame(FrameRef ref) const { return set_.decode_frame(ref); }
  /// @return  [3, n, n] in [0, 1]: the whole picture, resized like skimage's
  at::Tensor whole(const Picture& picture) const;
  /// The picture that a network should draw of this frame. @return  [3, n, n]: whole, or times the mask
  at::Tensor truth(FrameRef ref, const Picture& frame) const;

  /// The person of one clip with pose and expression of a frame of another. @throws DataError  when one is not known
  KnownHead known(std::uint32_t person, FrameRef driving) const;
  /// The true picture of it, drawn in the driving frame's size. @return  [3, n, n]
  at::Tensor drawn(const KnownHead& head, FrameRef driving) const;

 private:
  at::Tensor with_mask(const at::Tensor& picture, const Mask& mask) const;

  const DataSet& set_;
  int size_;
  bool foreground_;
};

}  // namespace understudy
