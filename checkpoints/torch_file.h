#pragma once

#include <filesystem>

#include "checkpoints/pickle.h"
#include "common/file_system.h"

namespace understudy {

/// How a file of weights is packed; told by its first bytes, not by its name.
enum class WeightsFormat { kSafetensors, kTorchZip, kTorchLegacy, kUnknown };
WeightsFormat weights_format_of(const std::filesystem::path& path);

/// Reads what Python's `torch.save` wrote: the zip container (torch 1.6 and later) and the older stream of pickles.
/// Nothing in the file is executed: only names on a short list of plain data are understood, and any other is an error
/// that names it. Strides and shared storages are kept; tensors arrive on the CPU without gradient.
/// @throws CheckpointError  naming the file and what is wrong with it; FileError when it cannot be read
PickleValue read_torch_file(const std::filesystem::path& path);

/// Writes the zip container so that `torch.load(path, weights_only=True)` accepts it; the same value gives the same
/// bytes. Every tensor is stored contiguous and on the CPU. Published under its name only when whole and synced.
/// @throws FileError  on a failed write
void write_torch_file(const std::filesystem::path& path,
                      const PickleValue& value,
                      const FileSystem& files = system_files());

}  // namespace understudy
