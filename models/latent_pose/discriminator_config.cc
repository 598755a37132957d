#include "models/latent_pose/discriminator_config.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "common/problems.h"

namespace understudy {

std::int64_t LatentPoseDiscriminatorConfig::down_blocks() const {
  const std::int64_t halvings_to_a_pixel =
      static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(image_size))) - 1;
  return std::min(halvings_to_a_pixel - 2, blocks);
}

std::int64_t LatentPoseDiscriminatorConfig::width(std::int64_t block) const {
  return std::min(channels << std::min(block, down_blocks() - 1), max_channels);
}

void validate(const LatentPoseDiscriminatorConfig& config, Problems& problems) {
  if (config.image_size < 8 || !std::has_single_bit(static_cast<std::uint64_t>(config.image_size))) {
    problems.add_key(
        "model.image_size",
        fmt::format("{} is no power of two from 8 on, but blocks of the discriminator halve the size; try 256",
                    config.image_size));
  } else if (config.width(config.blocks - 1) != config.identity_size) {
    problems.add_key("model.identity_size",
                     fmt::format("{0} is not the {1} channels of the discriminator's last block, with which a label's "
                                 "vector is multiplied; set it to {1}",
                                 config.identity_size,
                                 config.width(config.blocks - 1)));
  }
}

}  // namespace understudy
