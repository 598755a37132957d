#pragma once

#include "data_pipeline/data_set.h"
#include "models/latent_pose/embedder.h"
#include "trainer/recipes/latent_pose/latent_pose_recipe_config.h"

namespace understudy {

/// Mean identity descriptor of all usable frames, each cut as training cuts it and not augmented, summed in double in
/// the set's order. The published code leaves the last frames of a random order out, which end no batch.
/// @return [1, identity_size]. @throws DataError  also when there is no usable frame
at::Tensor mean_identity(const Embedder& embedder, const DataSet& person, const LatentPoseRecipeConfig& config);

}  // namespace understudy
