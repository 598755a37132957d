#pragma once

#include <cstdint>
#include <string>

#include "common/config.h"
#include "data_pipeline/mask.h"
#include "data_pipeline/packer/frame_preparation.h"

namespace understudy {

/// Which set a clip goes to.
enum class SplitKind : std::uint8_t {
  kNone,      ///< all clips make one set
  kFolder,    ///< by the official folder it lies in
  kIdentity,  ///< a share of the identities is held out, drawn by a seed
  kLists,     ///< as list files say
};

/// What the contents of the packed sets follow from, beside the input. Stored with each set as packing.toml.
struct PackSettings {
  std::string source = "unknown";  ///< "voxceleb1", ...
  FramePreparation frames;
  double landmark_size = 256;  ///< side of the picture that landmark values are pixels of
  MaskCodec mask_codec = MaskCodec::kPng8;
  std::string annotation_tool = "unknown";
  SplitKind split = SplitKind::kNone;
  double split_fraction = 0.05;
  std::int64_t split_seed = 0;
  double shard_mebibytes = 2048;
};

void describe(ConfigVisitor& visitor, PackSettings& settings);

/// As packing.toml holds them: the same settings give the same text.
std::string settings_text(const PackSettings& settings);

/// @throws ConfigError  listing everything that is wrong with packing.toml
PackSettings read_settings(const std::string& text, const std::string& name);

}  // namespace understudy
