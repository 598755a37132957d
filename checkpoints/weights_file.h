#pragma once

#include <filesystem>

#include "checkpoints/named_tensors.h"
#include "checkpoints/pickle.h"

namespace understudy {

/// All tensors of a weight file: safetensors, a PyTorch zip or the older pickle stream, told apart by content. Nested
/// dicts become dotted names ("encoder.conv.weight"). Dicts keyed by numbers and lists (states of optimisers) hold no
/// weights and are left out. Where every name of a state dict begins with "module.", as torch's parallel wrappers have
/// it, that is taken off.
/// @throws CheckpointError  naming the file and the reason, also when it holds no tensor
NamedTensors read_weights(const std::filesystem::path& path);

/// The flattening alone.
NamedTensors flatten_tensors(const PickleValue& value);

/// Weights of a keypoint detector out of a bare state dict or a whole first-order-motion checkpoint (its "kp_detector"
/// entry), without the "jacobian" layer, which networks that follow keypoints alone do not have.
NamedTensors keypoint_detector_weights(const NamedTensors& tensors);

}  // namespace understudy
