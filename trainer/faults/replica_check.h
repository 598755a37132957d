#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "checkpoints/named_tensors.h"
#include "clusters/communicator.h"

namespace understudy {

/// A checksum of each tensor's bits, the same on any device: sums of the bits as whole numbers, weighted by row and by
/// column of the numbers laid out in rows, modulo 2^64. Whole numbers add up to the same in any order, so a GPU sums as
/// it likes; any change of one number shows. Two passes over each tensor where it lies, and one copy of the sums.
std::vector<std::int64_t> bit_checksums(const std::vector<at::Tensor>& tensors);

/// Replicas that should be equal and are not.
struct Drift {
  std::vector<int> ranks;            ///< those that differ from most; all where there is no majority
  bool majority = false;             ///< more than half of the ranks agree
  std::vector<std::size_t> tensors;  ///< numbers of those that differ between any ranks
};

/// @param checksums  of every rank's tensors, in rank order
std::optional<Drift> compare_replicas(const std::vector<std::vector<std::int64_t>>& checksums);

/// Compares the tensors of all ranks. Collective; the same on all ranks.
std::optional<Drift> find_drift(const NamedTensors& state, Communicator& ranks);

/// "replica differs from those of most ranks in decoder.x, ..." with the first tensors.
std::string describe(const Drift& drift, const NamedTensors& state);

/// What is wrong with the first tensor that is not finite.
std::optional<std::string> first_unsound(const NamedTensors& state);

}  // namespace understudy
