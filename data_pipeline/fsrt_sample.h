#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "data_pipeline/fsrt_data_config.h"
#include "data_pipeline/fsrt_draws.h"
#include "data_pipeline/picture.h"

namespace understudy {

/// Where the pictures of one sample go: planar RGB in [0, 1], s source frames, side n. What is null is not made.
struct FsrtPictures {
  float* source_a1 = nullptr;        ///< [s, 3, n, n] colour version A1, out-of-frame-cropped
  float* source_a2 = nullptr;        ///< [s, 3, n, n] A2, cropped
  float* source_full_a2 = nullptr;   ///< [s, 3, n, n] A2, full frame
  float* driving_a1 = nullptr;       ///< [3, n, n] A1, cropped: the target
  float* driving_a2 = nullptr;       ///< [3, n, n] A2, cropped
  float* driving_full_a2 = nullptr;  ///< [3, n, n] A2, full frame
  float* driving_face_a3 = nullptr;  ///< [3, n, n] A3, face-aware crop of the full frame
};

/// Renders straight into the caller's memory. Safe on any thread; scratch memory is kept per thread.
/// @param frames  sources first, driving frame last, all of one size. @throws DataError  otherwise
/// @return the out-of-frame crop; (1, 1) and (0, 0) without one
CropTransform render_pictures(std::span<const Picture> frames,
                              const FsrtDraws& draws,
                              std::int64_t picture_size,
                              const FsrtPictures& out);

/// One prepared sample of FSRT (fsrt.batch.v1). Pictures are laid out as in FsrtPictures.
struct FsrtSample {
  std::int64_t sources = 0;
  std::int64_t picture_size = 0;
  std::vector<float> source_a1;
  std::vector<float> source_a2;
  std::vector<float> source_full_a2;  ///< empty without out-of-frame motion
  std::vector<float> driving_a1;
  std::vector<float> driving_a2;
  std::vector<float> driving_full_a2;  ///< empty without out-of-frame motion
  std::vector<float> driving_face_a3;
  std::array<float, 2> crop_scale{1.0F, 1.0F};  ///< x, y: k' = (k + shift) * scale
  std::array<float, 2> crop_shift{0.0F, 0.0F};
  std::vector<std::int64_t> query_pixels;  ///< row-major pixels that carry gradient
  bool use_plain_expression = false;
};

/// Makes a sample from decoded frames; a pure function of its arguments. `sample` may be used again to keep its memory.
void render(std::span<const Picture> frames,
            const FsrtDraws& draws,
            const FsrtDataConfig& config,
            std::int64_t picture_size,
            FsrtSample& sample);
FsrtSample render(std::span<const Picture> frames,
                  const FsrtDraws& draws,
                  const FsrtDataConfig& config,
                  std::int64_t picture_size);

}  // namespace understudy
