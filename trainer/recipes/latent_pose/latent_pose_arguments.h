#pragma once

#include "checkpoints/pickle.h"
#include "trainer/recipes/latent_pose/latent_pose_recipe_config.h"
#include "trainer/run_config.h"

namespace understudy {

/// The arguments that the official programs keep in a checkpoint, an argparse.Namespace: what this run has of them, and
/// their own defaults (train.py and the modules it loads, configs/default.yaml, configs/finetuning-base.yaml). Paths
/// are text, which their parser makes paths of.
/// @param completed  finished iterations
PickleValue latent_pose_arguments(const LatentPoseRecipeConfig& config, const RunConfig& run, std::int64_t completed);

/// The reverse: sizes, stage, weights of losses and augmentation out of an official checkpoint. What its arguments lack
/// stays. @returns false, with nothing taken, for another kind of checkpoint. @throws CheckpointError  for a value of
/// the wrong type, naming it
bool take_latent_pose_arguments(const PickleValue& checkpoint, LatentPoseRecipeConfig& config);

/// Whether the official code can build these networks: its backbones have one size each, and Adam one beta2 and
/// epsilon.
bool has_official_sizes(const LatentPoseModelConfig& config);

}  // namespace understudy
