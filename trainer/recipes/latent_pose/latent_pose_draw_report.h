#pragma once

#include <nlohmann/json_fwd.hpp>

#include "data_pipeline/latent_pose_draws.h"

namespace understudy {

/// What is drawn for a sample of latent pose descriptors as a JSON object, for `Recipe::describe_draws`: the operators
/// that act, in their order, each with its parameters; scale and shift, or null where they do not act.
nlohmann::ordered_json describe_latent_pose_draws(const LatentPoseDraws& draws);

}  // namespace understudy
