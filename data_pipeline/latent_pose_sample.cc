#include "data_pipeline/latent_pose_sample.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/latent_pose_augmentation.h"
#include "data_pipeline/picture_warp.h"

namespace understudy {
namespace {

/// Memory that a thread keeps between samples.
struct Scratch {
  Picture identity;
  Picture driving;
  Picture pose;
  Picture target;
  Mask mask;
  std::vector<float> plane;
};

const std::array<float, 256>& units() {
  static const std::array<float, 256> values = [] {
    std::array<float, 256> made{};
    for (std::size_t i = 0; i < 256; ++i) made[i] = static_cast<float>(i) / 255.0F;
    return made;
  }();
  return values;
}

void store(const Picture& picture, float* planes) {
  const std::array<float, 256>& unit = units();
  const std::size_t pixels = picture.rgb.size() / 3;
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t c = 0; c < 3; ++c) planes[c * pixels + i] = unit[picture.rgb[3 * i + c]];
  }
}

/// Picture times mask: value i is of pixel i / 3 and channel i % 3.
float masked(const Picture& picture, const Mask& mask, std::size_t i) {
  return units()[picture.rgb[i]] * units()[mask.coverage[i / 3]];
}

void store_target(const LatentPoseDraws& draws, Scratch& scratch, float* planes) {
  const Picture& driving = scratch.driving;
  const std::size_t pixels = driving.rgb.size() / 3;
  if (!draws.quantise_target) {
    for (std::size_t i = 0; i < driving.rgb.size(); ++i)
      planes[i % 3 * pixels + i / 3] = masked(driving, scratch.mask, i);
    return;
  }
  scratch.target = driving;
  for (std::size_t i = 0; i < driving.rgb.size(); ++i) {
    scratch.target.rgb[i] = static_cast<std::uint8_t>(masked(driving, scratch.mask, i) * 255.0F);
  }
  shift_picture(draws, scratch.target);
  store(scratch.target, planes);
}

void store_mask(const LatentPoseDraws& draws, Scratch& scratch, float* plane) {
  const std::vector<std::uint8_t>& coverage = scratch.mask.coverage;
  scratch.plane.resize(coverage.size());
  float* whole = draws.shift ? scratch.plane.data() : plane;
  std::transform(coverage.begin(), coverage.end(), whole, [](std::uint8_t value) { return units()[value]; });
  if (!draws.shift) return;
  const double side = scratch.mask.width;
  shift_cubic(scratch.plane,
              scratch.mask.height,
              draws.fractions[0] * side,
              draws.fractions[1] * side,
              {plane, coverage.size()});
}

void check(const LatentPoseFrames& input, const LatentPosePictures& out) {
  if (input.frames.empty()) throw DataError("a sample needs a driving frame");
  if (!input.boxes.empty() && input.boxes.size() != input.frames.size()) {
    throw DataError(fmt::format("{} frames have {} boxes; give each its box", input.frames.size(), input.boxes.size()));
  }
  if (out.target == nullptr && out.target_mask == nullptr) return;
  const Picture& driving = input.frames.back();
  if (input.driving_mask == nullptr) throw DataError("the driving frame has no mask; annotate the set with masks");
  const Mask& mask = *input.driving_mask;
  if (mask.width == driving.width && mask.height == driving.height) return;
  throw DataError(fmt::format(
      "the driving frame is {} x {}, its mask {} x {}", driving.width, driving.height, mask.width, mask.height));
}

}  // namespace

void render_pictures(const LatentPoseFrames& input,
                     const LatentPoseDraws& draws,
                     bool official_border,
                     int size,
                     const LatentPosePictures& out) {
  check(input, out);
  thread_local Scratch scratch;
  const auto crop_of = [&](std::size_t i) {
    LatentPoseCrop crop{.official_border = official_border, .box = std::nullopt, .size = size};
    if (!input.boxes.empty()) crop.box = input.boxes[i];
    return crop;
  };
  const std::size_t identities = input.frames.size() - 1;
  const std::size_t one = 3 * static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
  for (std::size_t i = 0; out.identity_frames != nullptr && i < identities; ++i) {
    crop_frame(input.frames[i], crop_of(i), scratch.identity);
    store(scratch.identity, out.identity_frames + i * one);
  }
  crop_frame(input.frames.back(), crop_of(identities), scratch.driving);
  if (out.pose_frame != nullptr) {
    scratch.pose = scratch.driving;
    augment_pose(draws, scratch.pose);
    shift_picture(draws, scratch.pose);
    store(scratch.pose, out.pose_frame);
  }
  if (out.target == nullptr && out.target_mask == nullptr) return;
  crop_mask(*input.driving_mask, crop_of(identities), scratch.mask);
  if (out.target != nullptr) store_target(draws, scratch, out.target);
  if (out.target_mask != nullptr) store_mask(draws, scratch, out.target_mask);
}

}  // namespace understudy
