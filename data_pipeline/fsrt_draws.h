#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "data_pipeline/colour_jitter.h"
#include "data_pipeline/fsrt_crops.h"
#include "data_pipeline/fsrt_data_config.h"
#include "data_pipeline/landmarks.h"
#include "data_pipeline/picture.h"

namespace understudy {

/// What a sample is drawn for.
enum class FsrtMode : std::uint8_t {
  kPhase1,        ///< training, a few pixels drawn freely
  kWholePicture,  ///< training in Phases II and III
  kValidation,    ///< neither flip nor colour jitter
};

/// Every number drawn for one sample; the pictures follow from these and the frames alone.
struct FsrtDraws {
  bool flip = false;
  std::array<ColourJitter, 3> jitter{};  ///< colour versions A1, A2, A3, each the same for all frames
  bool out_of_frame = false;
  CropMargins out_of_frame_margins;        ///< acts when `out_of_frame` is set
  CropMargins face_crop_margins;           ///< of driving A3
  std::vector<std::int64_t> query_pixels;  ///< row-major pixels that carry gradient
  bool use_plain_expression = false;       ///< the decoder gets the plain expression vector (p = 0.25), else that of A3
};

/// What the draws of a sample depend on besides the key.
struct FsrtFrames {
  std::span<const Landmarks68> landmarks;  ///< sources first, driving frame last
  float landmark_reference_size = 256.0F;
  PictureSize native;               ///< of every frame
  std::int64_t picture_size = 256;  ///< side of the pictures that the networks see
};

/// Draws everything for one sample (FSRT supplement; srt/data/vox.py): a pure function of its arguments.
/// An out-of-frame crop that breaks the rules is drawn again up to 32 times, then left out.
/// @param sample  global sample number, or the place in a fixed list. @throws DataError  for less than two frames
FsrtDraws draw_augmentation(
    std::uint64_t seed, std::uint64_t sample, const FsrtDataConfig& config, FsrtMode mode, const FsrtFrames& frames);

/// Pixels [offset_y::step, offset_x::step] of a square picture, row-major; step = size / sqrt(count).
std::vector<std::int64_t> grid_pixels(std::int64_t size,
                                      std::int64_t count,
                                      std::int64_t offset_y,
                                      std::int64_t offset_x);

}  // namespace understudy
