#pragma once

#include <cstdint>
#include <vector>

#include "checkpoints/named_tensors.h"
#include "trainer/recipe.h"

namespace understudy {

/// State of the players' optimisers under its names in a checkpoint, without memory for the moments.
NamedTensors optimizer_outline(const std::vector<Player>& players);

/// Bytes of a checkpoint's model and optimiser parts, to the byte; the texts beside them are a few KiB.
std::int64_t checkpoint_file_bytes(const NamedTensors& model, const NamedTensors& optimizer);

}  // namespace understudy
