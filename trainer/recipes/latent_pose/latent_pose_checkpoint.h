#pragma once

#include <vector>

#include "checkpoints/torch_checkpoint.h"
#include "trainer/exporting/export.h"
#include "trainer/recipes/latent_pose/latent_pose_networks.h"

namespace understudy {

// The official checkpoint (utils/utils.py): state dicts `embedder`, `generator`, `discriminator`, `running_averages` of
// the first two, optimisers and the training program's arguments.

/// Weights of an official checkpoint, or of a bare state dict of one network, under the names of
/// LatentPoseRecipe::state; names that are of neither stay.
NamedTensors latent_pose_names(NamedTensors weights);

/// Networks filled with a checkpoint's tensors, as LatentPoseRecipe::state names them: they also give them back in the
/// official order, which the checkpoint's file does not keep. @throws CheckpointError  when one is missing
LatentPoseNetworks latent_pose_networks_of(const LatentPoseRecipeConfig& config, const NamedTensors& weights);

/// The checkpoint that the official code resumes, fine-tunes and drives from.
/// @throws CheckpointError  when the optimisers' state is not that of the networks
PickleValue latent_pose_checkpoint(const LatentPoseNetworks& networks,
                                   const ExportSource& source,
                                   const LatentPoseRecipeConfig& config,
                                   const RunConfig& run);

}  // namespace understudy
