#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "data_pipeline/packer/clip_annotator.h"
#include "data_pipeline/packer/clip_input.h"
#include "data_pipeline/packer/frame_preparation.h"
#include "data_pipeline/packer/layout_detection.h"

namespace understudy {

/// What `understudy pack` reads.
struct InputOptions {
  std::filesystem::path path;
  std::optional<InputLayout> layout;  ///< none: as `detect_layout` finds
  std::filesystem::path mapping;      ///< of kHdf5: a TOML file
  std::filesystem::path metadata;     ///< vox-metadata.csv; empty: none. Its frame rate, box and size are recorded
  FramePreparation frames;
  float landmark_size = 256.0F;              ///< of kHdf5: side of the picture that landmarks are pixels of
  const ClipAnnotator* annotator = nullptr;  ///< outlives the input; null: none
};

/// @throws DataError  when options contradict each other or a file beside the clips cannot be understood
/// @throws ConfigError  listing every problem of a mapping
std::unique_ptr<ClipInput> open_clip_input(const InputOptions& options);

}  // namespace understudy
