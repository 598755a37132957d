#include "models/latent_pose/generator_config.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "common/problems.h"

namespace understudy {

std::int64_t LatentPoseGeneratorConfig::up_blocks() const {
  return static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(image_size / constant_size))) - 1;
}

std::int64_t LatentPoseGeneratorConfig::width(std::int64_t ups) const {
  return std::min(channels << (up_blocks() - ups), max_channels);
}

std::vector<std::int64_t> LatentPoseGeneratorConfig::adain_channels() const {
  std::vector<std::int64_t> widths(static_cast<std::size_t>(2 * constant_blocks), width(0));
  for (std::int64_t ups = 1; ups <= up_blocks(); ++ups) {
    widths.push_back(width(ups - 1));
    widths.push_back(width(ups));
  }
  widths.push_back(width(up_blocks()));
  return widths;
}

std::int64_t LatentPoseGeneratorConfig::hidden_size() const {
  constexpr std::int64_t kLeast = 512;
  return std::max(identity_size + pose_size, kLeast);
}

void validate(const LatentPoseGeneratorConfig& config, Problems& problems) {
  if (config.image_size < config.constant_size || config.constant_size << config.up_blocks() != config.image_size) {
    problems.add_key("model.image_size",
                     fmt::format("{} is not {} pixels times a power of two, but every block doubles the size; try {}",
                                 config.image_size,
                                 config.constant_size,
                                 16 * config.constant_size));
  }
}

}  // namespace understudy
