#include "trainer/recipes/detector_memory.h"

#include <algorithm>
#include <cmath>

namespace understudy {
namespace {

constexpr std::int64_t kColours = 3;
constexpr std::int64_t kHeatmapMargin = 6;  // an unpadded 7 x 7 convolution makes the heatmaps

/// Channels at a level of the hourglass, 0 at the top.
std::int64_t width_at(const FsrtModelConfig& config, std::int64_t level) {
  return level == 0 ? config.detector_width : std::min(config.detector_max_width, config.detector_width << level);
}

std::int64_t area_at(const FsrtModelConfig& config, std::int64_t level) {
  const std::int64_t side = detector_side(config) >> level;
  return side * side;
}

/// Channels that the block up from a level reads: the bottom's own, or joined with the way down.
std::int64_t width_up(const FsrtModelConfig& config, std::int64_t level) {
  return (level == config.detector_blocks ? 1 : 2) * width_at(config, level);
}

std::int64_t heatmap_numbers(const FsrtModelConfig& config) {
  const std::int64_t side = detector_side(config) - kHeatmapMargin;
  return config.keypoints * side * side;
}

}  // namespace

std::int64_t detector_side(const FsrtModelConfig& config) {
  return std::llround(static_cast<double>(config.image_size) * config.detector_scale);
}

std::int64_t detector_passing_numbers(const FsrtModelConfig& config) {
  std::int64_t way_down = kColours * area_at(config, 0);
  std::int64_t widest = 0;
  for (std::int64_t level = 1; level <= config.detector_blocks; ++level) {
    way_down += width_at(config, level) * area_at(config, level);
    // Up from here: what is read at the finer size, what comes out, and that joined with the way down.
    const std::int64_t skip = level == 1 ? kColours : width_at(config, level - 1);
    widest = std::max(widest,
                      (width_up(config, level) + 2 * width_at(config, level - 1) + skip) * area_at(config, level - 1));
  }
  return way_down + widest;
}

DetectorTraining detector_training_numbers(const FsrtModelConfig& config) {
  DetectorTraining numbers;
  const auto keep = [&](std::int64_t count) {
    numbers.kept += count;
    numbers.widest = std::max(numbers.widest, count);
  };
  keep(kColours * area_at(config, 0));
  for (std::int64_t level = 1; level <= config.detector_blocks; ++level) {
    const std::int64_t fine = area_at(config, level - 1);
    for (int i = 0; i < 2; ++i) keep(width_at(config, level) * fine);  // convolution, norm with ReLU in place
    keep(width_at(config, level) * area_at(config, level));            // pooled
    keep(width_up(config, level) * fine);                              // enlarged
    for (int i = 0; i < 2; ++i) keep(width_at(config, level - 1) * fine);
  }
  keep((width_at(config, 0) + kColours) * area_at(config, 0));
  keep(2 * heatmap_numbers(config));
  return numbers;
}

}  // namespace understudy
