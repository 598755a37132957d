#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoints/torch_checkpoint.h"
#include "trainer/recipe.h"

namespace understudy {

/// torch's Adam state out of a player's own: the shared step count repeated for every parameter, no state before the
/// first step. @param state  "step" and "<parameter>.exp_avg", "<parameter>.exp_avg_sq"
/// @throws CheckpointError  when a parameter's moments are missing
AdamState official_adam_state(const NamedTensors& state, const std::vector<std::string>& parameters);

/// An optimiser of a published checkpoint.
struct OfficialOptimizer {
  std::string_view key;     ///< in the checkpoint
  std::string_view player;  ///< whose it is
};

/// Moments and steps out of a published checkpoint, as StepEngine::optimizer_state names them, of those players whose
/// whole state fits; nothing of an optimiser before its first step. A warning says why another player's does not fit;
/// its optimiser starts anew, as Adam counts its steps for all parameters alike.
NamedTensors player_states(const PickleValue& checkpoint,
                           const std::vector<Player>& players,
                           std::span<const OfficialOptimizer> optimizers);

}  // namespace understudy
