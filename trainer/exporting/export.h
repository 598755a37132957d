#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoints/named_tensors.h"
#include "trainer/exporting/export_folder.h"

namespace understudy {

/// Which kinds of file an export holds.
struct ExportFormats {
  bool safetensors = true;
  bool torch = true;        ///< .pt files as the published code reads them
  bool torchscript = true;  ///< networks that run without this project
};

/// Reads a list such as "safetensors,pt,torchscript". @throws ConfigError  for another word, naming those there are
ExportFormats parse_export_formats(std::string_view list);

struct ExportRequest {
  std::filesystem::path run;
  std::string checkpoint = "best";  ///< best, newest or an iteration
  std::filesystem::path out;        ///< folder that must not exist
  ExportFormats formats;
  std::function<bool()> stop_requested;       ///< whether to give up; asked between steps. Empty: never
  const FileSystem* files = &system_files();  ///< that the export is written through
};

/// What a recipe exports from.
struct ExportSource {
  NamedTensors model;                     ///< a checkpoint's networks, as Recipe::state names them
  NamedTensors optimizer;                 ///< state of the players' optimisers, "<player>." in front
  std::int64_t completed = 0;             ///< finished iterations
  std::optional<double> best_validation;  ///< of the latest phase that was validated
  ExportFormats formats;
};

/// Writes a checkpoint's networks for use outside: the recipe's files, run.toml and model_card.json, each read back and
/// compared. The folder appears under its name when everything is in it.
/// @returns what was written. @throws ConfigError, CheckpointError, FileError, ExportStopped  and leaves nothing behind
std::vector<ExportedFile> export_run(const ExportRequest& request);

}  // namespace understudy
