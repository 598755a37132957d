#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "checkpoints/pickle_graph.h"
#include "checkpoints/pickle_input.h"

namespace understudy::pickle {

/// The known global of that module and name, or nothing.
std::optional<GlobalNode> find_global(std::string_view module, std::string_view name);

/// What calling a known global with these arguments makes. No code is run: each is a way to write down data.
/// @return  a new node
/// @throws CheckpointError  when the arguments do not fit
Node call(const PickleGraph& graph,
          const GlobalNode& global,
          const std::vector<NodeId>& arguments,
          const PickleInput& input);

/// The storage of a persistent id ('storage', type, key, location, elements[, view]); adds it to the graph when it is
/// new.
Node find_storage(PickleGraph& graph, const std::vector<NodeId>& id, const PickleInput& input);

}  // namespace understudy::pickle
