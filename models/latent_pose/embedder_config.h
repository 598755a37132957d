#pragma once

#include <cstdint>

#include "models/blocks/backbone_config.h"

namespace understudy {

/// Sizes of the two encoders of the latent pose descriptors. The defaults are those of the published model; a demo is
/// smaller in some of them.
struct EmbedderConfig {
  std::int64_t identity_size = 512;  ///< numbers of an identity descriptor
  std::int64_t pose_size = 256;      ///< numbers of a pose descriptor
  ResNeXtConfig identity;
  MobileNetConfig pose;
};

}  // namespace understudy
