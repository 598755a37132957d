#pragma once

#include <cstdint>
#include <vector>

namespace understudy {

/// Sizes of the generator of latent pose descriptors; the defaults are the published ones.
struct LatentPoseGeneratorConfig {
  std::int64_t image_size = 256;    ///< constant_size x a power of two
  std::int64_t channels = 64;       ///< of the last block; every block before has twice as many
  std::int64_t max_channels = 512;  ///< most channels of a block
  std::int64_t identity_size = 512;
  std::int64_t pose_size = 256;
  std::int64_t constant_size = 4;    ///< height and width of the learned start
  std::int64_t constant_blocks = 2;  ///< residual blocks at that size

  /// Blocks that double the size.
  std::int64_t up_blocks() const;
  /// Channels after `ups` of them; 0: of the learned start.
  std::int64_t width(std::int64_t ups) const;
  /// Channels of every adaptive instance norm, in the order of the layers.
  std::vector<std::int64_t> adain_channels() const;
  /// Hidden width of the network that gives their coefficients.
  std::int64_t hidden_size() const;

  bool operator==(const LatentPoseGeneratorConfig&) const = default;
};

class Problems;

/// Adds what does not fit together.
void validate(const LatentPoseGeneratorConfig& config, Problems& problems);

}  // namespace understudy
