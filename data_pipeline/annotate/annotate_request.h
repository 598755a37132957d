#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "data_pipeline/mask.h"
#include "data_pipeline/set_format.h"

namespace understudy {

/// What `understudy annotate` was asked for.
struct AnnotateRequest {
  std::filesystem::path set;  ///< folder, or its manifest
  AnnotationKind kind = AnnotationKind::kLandmark68;
  bool replace = false;      ///< annotations of this kind that the set has
  bool require_all = false;  ///< clips without annotations are an error
  float landmark_size = 256.0F;
  MaskCodec mask_codec = MaskCodec::kPng8;
  std::string tool = "unknown";  ///< what made them, kept with them
  std::string made_from;         ///< all else that they follow from, such as the folder of files or a hash of weights
  std::size_t threads = 1;       ///< of this worker
};

}  // namespace understudy
