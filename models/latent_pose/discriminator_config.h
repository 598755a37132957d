#pragma once

#include <cstdint>

namespace understudy {

/// Sizes of the projection discriminator of latent pose descriptors; the defaults are the published ones.
struct LatentPoseDiscriminatorConfig {
  std::int64_t image_size = 256;     ///< a power of two
  std::int64_t channels = 64;        ///< of the first block; every block that halves the size doubles them
  std::int64_t max_channels = 512;   ///< most channels of a block
  std::int64_t identity_size = 512;  ///< of a label's vector; the channels of the last block
  std::int64_t blocks = 7;           ///< in all; the first log2(image_size) - 2 of them halve the size
  std::int64_t labels = 1;           ///< training videos; each has a vector

  /// Blocks that halve the size, the first block included.
  std::int64_t down_blocks() const;
  /// Channels after block number `block`, counted from 0.
  std::int64_t width(std::int64_t block) const;

  bool operator==(const LatentPoseDiscriminatorConfig&) const = default;
};

class Problems;

/// Adds what does not fit together.
void validate(const LatentPoseDiscriminatorConfig& config, Problems& problems);

}  // namespace understudy
