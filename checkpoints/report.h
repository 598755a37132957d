#pragma once

#include <filesystem>
#include <string>

namespace understudy {

/// What a verification found, every problem on a line of its own.
struct VerifyReport {
  std::string text;
  bool intact = true;    ///< none is damaged
  bool readable = true;  ///< none was written by a newer program, which this one cannot judge
};

/// Verifies every part of every checkpoint of a run, or of one checkpoint's folder.
/// @throws CheckpointError  when the path holds no checkpoint
VerifyReport verify_checkpoints(const std::filesystem::path& run_or_checkpoint);

struct DiffReport {
  std::string text;
  bool equal = true;  ///< same names, types, shapes and bits
};

/// Compares two checkpoints' folders or two weight files: tensors on one side only, other types or shapes, and the
/// largest absolute difference and the difference relative to the left tensor's largest entry, in double.
/// @throws CheckpointError  when one cannot be read or is damaged
DiffReport diff_checkpoints(const std::filesystem::path& left, const std::filesystem::path& right);

}  // namespace understudy
