#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "checkpoints/named_tensors.h"
#include "data_pipeline/picture.h"
#include "models/fsrt/fsrt_networks.h"
#include "trainer/recipes/fsrt/fsrt_recipe_config.h"

namespace understudy {

/// How driving keypoints reach the decoder (demo.py).
struct ReenactMode {
  bool relative = false;     ///< move the first source's keypoints by the change since the reference frame
  bool adapt_scale = false;  ///< in relative mode, scale that change by the sizes of the two faces
};

/// Keypoints and expression vector of one picture.
struct FaceState {
  at::Tensor keypoints;   ///< [1, k, 2]
  at::Tensor expression;  ///< [1, e]
};

/// Animates source pictures by driving frames, one at a time, as the official demo does.
class FsrtReenactor {
 public:
  /// @param weights   encoder, decoder and expression_encoder; kp_detector unless `detector` is given
  /// @param detector  a keypoint detector's own tensors, instead
  /// @throws CheckpointError  naming what is missing
  FsrtReenactor(const FsrtRecipeConfig& config,
                const NamedTensors& weights,
                const std::optional<NamedTensors>& detector);

  /// Source pictures of any size; they are resized like the demo's. The tokens are computed once, here.
  void set_sources(const std::vector<Picture>& sources);
  /// The driving frame that relative motion starts from.
  void set_reference(const Picture& driving);

  /// @returns the animated frame, [3, n, n], clamped to [0, 1]
  at::Tensor render(const Picture& driving, const ReenactMode& mode) const;

  /// What the detector and the expression network see in a picture.
  FaceState observe(const Picture& picture) const;
  std::int64_t picture_size() const { return config_.model.image_size; }

 private:
  at::Tensor to_input(const Picture& picture) const;
  at::Tensor decoder_keypoints(const FaceState& driving, const ReenactMode& mode) const;

  FsrtRecipeConfig config_;
  FsrtNetworks networks_;
  FaceState first_source_;
  FaceState reference_;
  TokenMemory memory_;
};

/// Square root of the ratio of the areas that two sets of keypoints [1, k, 2] span: source over driving.
double adapted_scale(const at::Tensor& source, const at::Tensor& driving);

/// The frame whose keypoints, centred and scaled to unit hull area, are nearest to the source's.
std::size_t best_frame(const at::Tensor& source_keypoints, const std::vector<at::Tensor>& driving_keypoints);

}  // namespace understudy
