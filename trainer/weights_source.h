#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoints/named_tensors.h"

namespace understudy {

/// The weight file that a path stands for: itself, or of a checkpoint's folder its model part, or of a run's folder
/// the model of the best checkpoint of the latest phase that has one, else of the newest intact checkpoint.
/// @throws CheckpointError  when there is none, or a newer program wrote it
std::filesystem::path weight_file_of(const std::filesystem::path& path);

/// Compares a weight file that is part of a checkpoint with what the manifest beside it lists; takes any other.
/// @throws CheckpointError  when it is damaged
void require_as_listed(const std::filesystem::path& file);

/// All tensors behind such a path. @throws CheckpointError  also for a damaged part of a checkpoint
NamedTensors load_weights(const std::filesystem::path& path);

/// What was taken over from other weights and what was not.
struct TransferReport {
  std::size_t taken = 0;
  std::vector<std::string> missing;    ///< the network's tensors that the weights do not have
  std::vector<std::string> misshapen;  ///< present with another shape: left as initialised

  /// Whether any tensor below `group` was not taken over.
  bool lacks(std::string_view group) const;
};

/// Copies every tensor of equal name and shape; what does not fit is left alone and reported.
TransferReport transfer_weights(const NamedTensors& from, const NamedTensors& to);

}  // namespace understudy
