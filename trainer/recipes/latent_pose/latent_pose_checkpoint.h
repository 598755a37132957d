#pragma once

#include <vector>

#include "checkpoints/torch_checkpoint.h"
#include "trainer/export.h"
#include "trainer/recipes/latent_pose/latent_pose_networks.h"

namespace understudy {

// The official checkpoint (utils/utils.py): state dicts `embedder`, `generator`, `discriminator`, `running_averages` of
// the first two, optimisers and the training program's arguments.

/// Weights of an official checkpoint, or of a bare state dict of one network, under the names of
/// LatentPoseRecipe::state; names that are of neither stay.
NamedTensors latent_pose_names(NamedTensors weights);

/// Moments and steps out of an official checkpoint, as StepEngine::optimizer_state names them, of those players whose
/// whole state fits. A warning says why another player's does not; its optimiser starts anew, as Adam counts its steps
/// for all parameters alike.
NamedTensors latent_pose_optimizer_state(const PickleValue& checkpoint, const std::vector<Player>& players);

/// The checkpoint that the official code resumes, fine-tunes and drives from.
/// @throws CheckpointError  when the optimisers' state is not that of the networks
PickleValue latent_pose_checkpoint(const LatentPoseNetworks& networks,
                                   const ExportSource& source,
                                   const LatentPoseRecipeConfig& config,
                                   const RunConfig& run);

}  // namespace understudy
