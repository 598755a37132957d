#include "data_pipeline/colour_jitter.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "data_pipeline/colour_kernels.h"

namespace understudy {
namespace {

/// Truncated toward zero before it wraps: -0.06 turns are -15, that is 241.
float hue_shift(double turns) {
  return static_cast<float>(static_cast<int>(255.0 * turns) & 255);
}

ColourStep step_of(const ColourJitter& jitter, ColourOperation operation) {
  switch (operation) {
    case ColourOperation::kBrightness:
      return {operation, jitter.brightness};
    case ColourOperation::kContrast:
      return {operation, jitter.contrast};
    case ColourOperation::kSaturation:
      return {operation, jitter.saturation};
    case ColourOperation::kHue:
      return {operation, hue_shift(jitter.hue)};
  }
  return {};
}

float rounded_mean(std::uint64_t sum, std::size_t count) {
  return static_cast<float>(static_cast<int>(static_cast<double>(sum) / static_cast<double>(count) + 0.5));
}

float draw_factor(double half_width, Draws& draws) {
  return static_cast<float>(draws.uniform(std::max(0.0, 1.0 - half_width), 1.0 + half_width));
}

}  // namespace

ColourJitter draw_colour_jitter(const FsrtDataConfig& config, Draws& draws) {
  ColourJitter jitter;
  jitter.brightness = draw_factor(config.jitter_brightness, draws);
  jitter.contrast = draw_factor(config.jitter_contrast, draws);
  jitter.saturation = draw_factor(config.jitter_saturation, draws);
  jitter.hue = draws.uniform(-config.jitter_hue, config.jitter_hue);
  const auto add = [&jitter](ColourOperation operation, double strength) {
    if (strength > 0.0) jitter.order[static_cast<std::size_t>(jitter.operations++)] = operation;
  };
  add(ColourOperation::kBrightness, config.jitter_brightness);
  add(ColourOperation::kSaturation, config.jitter_saturation);
  add(ColourOperation::kHue, config.jitter_hue);
  add(ColourOperation::kContrast, config.jitter_contrast);
  const auto count = static_cast<std::uint32_t>(jitter.operations);
  for (std::uint32_t i = 0; i + 1 < count; ++i) std::swap(jitter.order[i], jitter.order[i + draws.below(count - i)]);
  return jitter;
}

void apply_colour_jitter(const ColourJitter& jitter,
                         const PlanarPicture& picture,
                         const Rectangle& wanted,
                         PlanarPicture& result) {
  result.resize(picture.width(), picture.height());
  std::array<ColourStep, 4> steps{};
  const auto count = static_cast<std::size_t>(jitter.operations);
  std::transform(jitter.order.begin(), jitter.order.end(), steps.begin(), [&jitter](ColourOperation operation) {
    return step_of(jitter, operation);
  });
  const auto row = static_cast<std::size_t>(picture.width());
  const std::size_t begin = static_cast<std::size_t>(wanted.top) * row;
  const std::size_t end = begin + static_cast<std::size_t>(wanted.height) * row;

  // Contrast needs the mean of the whole picture as it is then; what comes after it is done on the wanted rows alone.
  const auto used = std::span(steps).first(count);
  const auto contrast = std::find_if(
      used.begin(), used.end(), [](const ColourStep& step) { return step.operation == ColourOperation::kContrast; });
  if (contrast == used.begin() || contrast == used.end()) {
    if (contrast != used.end()) contrast->grey = rounded_mean(sum_of_grey(picture), picture.pixels());
    run_colour_steps(used, picture, result, begin, end, false);
    return;
  }
  const auto before = static_cast<std::size_t>(contrast - used.begin());
  contrast->grey =
      rounded_mean(run_colour_steps(used.first(before), picture, result, 0, picture.pixels(), true), picture.pixels());
  run_colour_steps(used.subspan(before), result, result, begin, end, false);
}

}  // namespace understudy
