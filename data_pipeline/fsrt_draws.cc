#include "data_pipeline/fsrt_draws.h"

#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr int kCropAttempts = 32;
constexpr double kOutOfFrameProbability = 0.5;
constexpr double kPlainExpressionProbability = 0.25;

/// Draws in the order left, right, top, bottom until the crop is valid; false when no attempt was.
bool draw_out_of_frame(const FsrtFrames& frames, bool flip, Draws& draws, CropMargins& margins) {
  const auto sources = frames.landmarks.first(frames.landmarks.size() - 1);
  const CropMargins bounds = out_of_frame_bounds(landmark_box(sources, frames.landmark_reference_size, flip));
  for (int attempt = 0; attempt < kCropAttempts; ++attempt) {
    margins.left = draws.below(bounds.left);
    margins.right = draws.below(bounds.right);
    margins.top = draws.below(bounds.top);
    margins.bottom = draws.below(bounds.bottom);
    if (out_of_frame_crop(margins, frames.native.width, frames.native.height).valid) return true;
  }
  margins = {};
  return false;
}

/// Draws in the order top, bottom, right, left.
CropMargins draw_face_crop(const FsrtFrames& frames, bool flip, Draws& draws) {
  const CropMargins bounds =
      face_crop_bounds(landmark_box(frames.landmarks.last(1), frames.landmark_reference_size, flip));
  CropMargins margins;
  margins.top = draws.below(bounds.top);
  margins.bottom = draws.below(bounds.bottom);
  margins.right = draws.below(bounds.right);
  margins.left = draws.below(bounds.left);
  return margins;
}

/// The first entries of a keyed permutation, as Draws::sample_without_replacement gives them. A thread keeps the
/// numbers 0, 1, 2, ... and undoes its swaps, which is several times faster than looking moved entries up.
std::vector<std::int64_t> draw_free_pixels(std::uint32_t pixels, std::uint32_t count, Draws& draws) {
  thread_local std::vector<std::uint32_t> order;
  thread_local std::vector<std::uint32_t> partners;
  if (order.size() != pixels) {
    order.resize(pixels);
    std::iota(order.begin(), order.end(), 0U);
  }
  partners.resize(count);
  std::vector<std::int64_t> chosen(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    partners[i] = i + draws.below(pixels - i);
    std::swap(order[i], order[partners[i]]);
    chosen[i] = order[i];
  }
  for (std::uint32_t i = count; i-- > 0;) std::swap(order[i], order[partners[i]]);
  return chosen;
}

std::vector<std::int64_t> draw_query_pixels(const FsrtDataConfig& config,
                                            FsrtMode mode,
                                            std::int64_t size,
                                            Draws draws) {
  const bool phase1 = mode == FsrtMode::kPhase1;
  const std::int64_t count = phase1 ? config.query_pixels_phase1 : config.query_pixels;
  if (count > size * size) {
    throw DataError(fmt::format("{} query pixels of a picture of {} x {} are more than it has", count, size, size));
  }
  if (phase1 || !config.image_subsampling) {
    return draw_free_pixels(static_cast<std::uint32_t>(size * size), static_cast<std::uint32_t>(count), draws);
  }
  const auto step = static_cast<std::uint32_t>(size / std::llround(std::sqrt(static_cast<double>(count))));
  const std::int64_t offset_y = draws.below(step);
  const std::int64_t offset_x = draws.below(step);
  return grid_pixels(size, count, offset_y, offset_x);
}

}  // namespace

FsrtDraws draw_augmentation(
    std::uint64_t seed, std::uint64_t sample, const FsrtDataConfig& config, FsrtMode mode, const FsrtFrames& frames) {
  if (frames.landmarks.size() < 2) {
    throw DataError(fmt::format("a sample needs landmarks of a source and a driving frame, not of {} frames",
                                frames.landmarks.size()));
  }
  const bool training = mode != FsrtMode::kValidation;
  const auto stream = [&](Purpose purpose, std::uint16_t sub = 0) { return Draws(seed, purpose, sample, sub); };
  FsrtDraws draws;
  draws.flip = training && config.horizontal_flip && stream(Purpose::kFlip).coin(0.5);
  for (std::uint16_t version = 0; training && version < 3; ++version) {
    Draws colour = stream(Purpose::kColour, version);
    draws.jitter[version] = draw_colour_jitter(config, colour);
  }
  if (config.out_of_frame_motion && stream(Purpose::kOutOfFrameCoin).coin(kOutOfFrameProbability)) {
    Draws crop = stream(Purpose::kOutOfFrameCrop);
    draws.out_of_frame = draw_out_of_frame(frames, draws.flip, crop, draws.out_of_frame_margins);
  }
  Draws face = stream(Purpose::kFaceCrop);
  draws.face_crop_margins = draw_face_crop(frames, draws.flip, face);
  draws.query_pixels = draw_query_pixels(config, mode, frames.picture_size, stream(Purpose::kQueryPixels));
  draws.use_plain_expression = stream(Purpose::kDecoderExpression).coin(kPlainExpressionProbability);
  return draws;
}

std::vector<std::int64_t> grid_pixels(std::int64_t size,
                                      std::int64_t count,
                                      std::int64_t offset_y,
                                      std::int64_t offset_x) {
  const std::int64_t side = std::llround(std::sqrt(static_cast<double>(count)));
  if (side < 1 || side * side != count || size % side != 0) {
    throw DataError(fmt::format("{} query pixels form no regular grid in a picture of side {}", count, size));
  }
  const std::int64_t step = size / side;
  std::vector<std::int64_t> pixels;
  pixels.reserve(static_cast<std::size_t>(count));
  for (std::int64_t y = offset_y; y < size; y += step) {
    for (std::int64_t x = offset_x; x < size; x += step) pixels.push_back(y * size + x);
  }
  return pixels;
}

}  // namespace understudy
