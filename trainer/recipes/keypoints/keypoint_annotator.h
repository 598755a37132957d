#pragma once

#include <memory>

#include <ATen/core/Tensor.h>

#include "data_pipeline/annotate/set_annotator.h"
#include "data_pipeline/data_set.h"
#include "models/fsrt/keypoint_detector.h"
#include "trainer/inference.h"

namespace understudy {

/// A keypoint detector in single precision and, if its weights have one, FOMM's Jacobian layer.
struct JacobianDetector {
  std::shared_ptr<const KeypointDetector> detector;
  at::Tensor jacobian_weight;   ///< [4 m, width + 3, 7, 7], m = 1 or a map for each keypoint; undefined: no such layer
  at::Tensor jacobian_bias;     ///< [4 m]
  std::int64_t image_size = 0;  ///< side of the pictures it was made for
};

/// The sizes of the keypoint detector among such weights, which may be of recipe fsrt or keypoints.
/// @throws ConfigError, CheckpointError
FsrtModelConfig detector_config(const InferenceSource& source);

/// @throws ConfigError, CheckpointError  also when it finds another number of keypoints than kind keypoint10 holds
JacobianDetector load_jacobian_detector(const InferenceSource& source);

/// FOMM's Jacobians: the layer's output averaged with each keypoint's heatmap as weights.
/// @return  [n, k, 2, 2]; zeros without such a layer
at::Tensor keypoint_jacobians(const JacobianDetector& detector, const Detection& found);

/// Keypoints of stored frames, as they are seen by inference: each frame squeezed to a square of the detector's size.
/// Values are detector coordinates. The batches of a clip are always cut alike, so that with one intra-operator thread
/// (`set_intra_operator_threads`) bits do not depend on the threads that call.
class KeypointAnnotator : public SetAnnotator {
 public:
  KeypointAnnotator(DataSet set, JacobianDetector detector);
  ClipAnnotations annotate(const StoredClip& clip) const override;

 private:
  at::Tensor to_input(const StoredClip& clip, std::uint32_t first, std::uint32_t last) const;

  DataSet set_;
  JacobianDetector detector_;
};

}  // namespace understudy
