#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoints/named_tensors.h"

namespace understudy {

/// Tensors that become one file of a checkpoint.
struct TensorPart {
  std::string name;
  NamedTensors tensors;
};

/// Cuts tensors, in their order, into parts of at most so many bytes; a larger tensor is a part of its own. One part is
/// called "optimizer.safetensors", of several the second "optimizer-00002-of-00005.safetensors". Independent of ranks.
std::vector<TensorPart> cut_into_parts(std::string_view name, const NamedTensors& tensors, std::uint64_t most_bytes);

/// What the parts are called when there are so many; of none, the one name all the same.
std::vector<std::string> part_names(std::string_view name, std::size_t count);

/// Is this the part of that name, or one of those that it was cut into?
bool is_part_of(std::string_view part, std::string_view name);

/// Ranks that write the parts: the largest first, each to the rank with the fewest bytes so far.
/// @returns  one rank for each part
std::vector<int> writers_of(const std::vector<TensorPart>& parts, int ranks);

/// Bytes of the tensors of a part.
std::uint64_t bytes_of(const TensorPart& part);

}  // namespace understudy
