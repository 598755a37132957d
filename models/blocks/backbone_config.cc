#include "models/blocks/backbone_config.h"

#include <algorithm>

namespace understudy {
namespace {

// The nearest multiple of 8, but never less than nine tenths of the width: torchvision's rule.
std::int64_t rounded(double width) {
  constexpr std::int64_t kUnit = 8;
  const std::int64_t nearest = static_cast<std::int64_t>(width + kUnit / 2.0) / kUnit * kUnit;
  const std::int64_t multiple = std::max(kUnit, nearest);
  return static_cast<double>(multiple) < 0.9 * width ? multiple + kUnit : multiple;
}

}  // namespace

std::int64_t MobileNetConfig::scaled(std::int64_t channels) const {
  return rounded(width_multiplier * static_cast<double>(channels));
}

std::int64_t MobileNetConfig::feature_channels() const {
  return rounded(std::max(1.0, width_multiplier) * static_cast<double>(last_width));
}

}  // namespace understudy
