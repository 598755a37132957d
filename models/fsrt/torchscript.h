#pragma once

#include <torch/csrc/jit/api/module.h>

#include "models/fsrt/fsrt_networks.h"

namespace understudy {

/// The whole reenactor as one TorchScript module that needs nothing of this project. Children encoder, decoder,
/// expression_encoder and kp_detector hold the networks' own tensors under their official names; the arithmetic follows
/// that of the networks step by step, so that results differ by rounding alone. Its methods, with pictures float RGB in
/// [0, 1], n = config.image_size, on the device of the weights:
///   forward(source [s, 3, n, n], driving [b, 3, n, n], reference: Optional [1, 3, n, n] = None, relative = False,
///           adapt_scale = False) -> [b, 3, n, n], clamped; `reference` None: the first driving picture
///   detect(pictures [b, 3, n, n]) -> (keypoints [b, k, 2], expressions [b, e])
///   encode(source [s, 3, n, n]) -> (tokens [1, s n n / 64, width], source keypoints [s, k, 2])
///   move(source_keypoints, driving_keypoints [b, k, 2], reference_keypoints, adapt_scale) -> [b, k, 2] for decode
///   decode(tokens, keypoints [b, k, 2], expressions [b, e]) -> [b, 3, n, n], clamped
torch::jit::Module script_reenactor(const FsrtModelConfig& config, const FsrtNetworks& networks);

}  // namespace understudy
