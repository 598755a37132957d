#pragma once

#include <string>
#include <vector>

#include "checkpoints/torch_checkpoint.h"

namespace understudy {

/// torch's Adam state out of a player's own: the shared step count repeated for every parameter, no state before the
/// first step. @param state  "step" and "<parameter>.exp_avg", "<parameter>.exp_avg_sq"
/// @throws CheckpointError  when a parameter's moments are missing
AdamState official_adam_state(const NamedTensors& state, const std::vector<std::string>& parameters);

}  // namespace understudy
