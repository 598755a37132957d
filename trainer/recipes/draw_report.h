#pragma once

#include <nlohmann/json_fwd.hpp>

#include "data_pipeline/colour_jitter.h"
#include "data_pipeline/fsrt_draws.h"

namespace understudy {

/// Strengths and order of a colour version as a JSON object, for `Recipe::describe_draws`.
nlohmann::ordered_json describe_jitter(const ColourJitter& jitter);

/// All of FSRT's draws as a JSON object. Crops are pixels of a 256 x 256 picture cut off each
/// side; no out-of-frame crop is null.
nlohmann::ordered_json describe_fsrt_draws(const FsrtDraws& draws);

}  // namespace understudy
