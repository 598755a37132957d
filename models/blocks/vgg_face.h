#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "models/blocks/vgg_stack.h"

namespace understudy {

/// VGGFace: the VGG-16 up to relu5_3 with average pooling, trained to recognise faces (Parkhi et al. 2015), the
/// identity loss's network of latent pose descriptors. Frozen: its tensors, "N.weight" and "N.bias", never take a
/// gradient.
class VggFace : public VggStack {
 public:
  VggFace();
  /// @param pictures  [n, 3, h, w], h and w at least 16, in [0, 1], not clamped; `vgg_face_crop` of the frames
  /// @return the outputs of all 13 ReLUs, relu1_1 to relu5_3
  std::vector<at::Tensor> forward(const at::Tensor& pictures) const;
};

/// The middle of the frames, 1/1.8 of their side, at the frames' own size: torch's affine grid and bilinear grid
/// sampling without aligned corners. The box stays inside the frame, so that the official reflection padding never
/// acts.
/// @param pictures  [n, c, h, w]  @return the same shape
at::Tensor vgg_face_crop(const at::Tensor& pictures);

/// The tensors of the official file (vgg_face_weights.pth) or of "vggface.N.*", without what else the file holds.
NamedTensors official_vgg_face_names(const NamedTensors& state);

}  // namespace understudy
