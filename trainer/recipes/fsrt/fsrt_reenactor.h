#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "checkpoints/named_tensors.h"
#include "data_pipeline/picture.h"
#include "models/fsrt/fsrt_networks.h"
#include "trainer/recipes/fsrt/fsrt_recipe_config.h"
#include "trainer/reenactor.h"

namespace understudy {

/// Keypoints and expression vector of one picture.
struct FaceState {
  at::Tensor keypoints;   ///< [1, k, 2]
  at::Tensor expression;  ///< [1, e]
};

/// Animates as the official demo does: keypoints and expression of the driving frame reach the decoder (demo.py).
class FsrtReenactor final : public Reenactor {
 public:
  /// @param weights   encoder, decoder and expression_encoder; kp_detector unless `detector` is given
  /// @param detector  a keypoint detector's own tensors, instead
  /// @throws CheckpointError  naming what is missing
  FsrtReenactor(const FsrtRecipeConfig& config,
                const NamedTensors& weights,
                const std::optional<NamedTensors>& detector);

  /// Pictures are resized like the demo's, and their tokens computed.
  void set_sources(std::span<const Picture> sources) override;
  void set_reference(const Picture& driving) override;
  std::size_t best_reference(const Picture& source, const NextFrame& driving) const override;
  AnimatedFrames render(std::span<const Picture> driving, const ReenactMode& mode) const override;

  /// What the detector and the expression network see in a picture.
  FaceState observe(const Picture& picture) const;
  std::int64_t picture_size() const override { return config_.model.image_size; }
  std::int64_t sources_wanted() const override { return config_.model.sources; }

 private:
  at::Tensor render_one(const Picture& driving, const ReenactMode& mode) const;
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
