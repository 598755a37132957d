#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "trainer/saving/portable_state.h"

namespace understudy {

/// What a state can be written as.
enum class StateFormat {
  kRun,          ///< a run's directory with one checkpoint, which `train` resumes
  kTorch,        ///< the published code's checkpoint, .pt or .pth
  kSafetensors,  ///< one file with networks, optimisers and configuration
};

/// @throws ConfigError  for another word, naming those there are
StateFormat parse_state_format(std::string_view word);

/// The format that a path's ending stands for: .pt, .pth, .safetensors, or none for a run.
/// @throws ConfigError  for another ending, naming those there are
StateFormat state_format_of(const std::filesystem::path& out);

struct ConvertRequest {
  PortableSource from;
  std::filesystem::path out;          ///< must not exist
  std::optional<StateFormat> format;  ///< else by the ending of `out`
};

/// Writes the state under its new form, reads it back and compares it. `out` appears when it is whole.
/// @returns  one sentence on what was written. @throws ConfigError, CheckpointError, FileError  and leaves nothing
/// behind
std::string convert_checkpoint(const ConvertRequest& request);

}  // namespace understudy
