#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "checkpoints/manifest.h"
#include "trainer/exporting/export_folder.h"
#include "trainer/recipe_config.h"

namespace understudy {

/// What a model card is made of.
struct ModelCard {
  std::string summary;            ///< one sentence: what the networks are
  const RunSettings& settings;    ///< of the checkpoint
  const Manifest& manifest;       ///< of the checkpoint
  std::string trainer_state;      ///< the checkpoint's trainer.json
  std::filesystem::path metrics;  ///< metrics.jsonl of the run; may be missing
  const ExportFolder& folder;     ///< files and notes
};

/// model_card.json: what the networks are, their iteration, validation, data, config, and every file with its size and
/// SHA-256. The licence is left empty for whoever publishes.
std::string write_model_card(const ModelCard& card);

/// The best validation of the latest phase that was validated. @param trainer_state  a checkpoint's trainer.json
std::optional<double> best_validation(const std::string& trainer_state);

}  // namespace understudy
