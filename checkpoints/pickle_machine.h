#pragma once

#include "checkpoints/pickle_graph.h"
#include "checkpoints/pickle_input.h"

namespace understudy::pickle {

/// Reads one pickle (protocols 2 to 5, the opcodes that data needs) up to its STOP. Executes nothing: a global that is
/// not on the list of plain data, or an opcode that would import, instantiate or extend, is an error that names it.
/// @throws CheckpointError
PickleGraph read_pickle(PickleInput& input);

}  // namespace understudy::pickle
