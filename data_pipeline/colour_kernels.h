#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "data_pipeline/colour_jitter.h"
#include "data_pipeline/cpu_dispatch.h"
#include "data_pipeline/planar_picture.h"

namespace understudy {

/// One colour operation with its number: a factor, or for hue the shift in 0 ... 255.
struct ColourStep {
  ColourOperation operation = ColourOperation::kBrightness;
  float value = 1.0F;
  float grey = 0.0F;  ///< what contrast blends with
};

/// Applies the steps to pixels [begin, end), rounded up to whole blocks of the padded planes, and stores them in `to`,
/// which may be `from`. @return sum of the grey values of the results if `sum_grey` is set, else 0
std::uint64_t run_colour_steps(std::span<const ColourStep> steps,
                               const PlanarPicture& from,
                               PlanarPicture& to,
                               std::size_t begin,
                               std::size_t end,
                               bool sum_grey,
                               CodePath path = CodePath::kBest);

/// Sum of the grey values of all pixels.
std::uint64_t sum_of_grey(const PlanarPicture& picture, CodePath path = CodePath::kBest);

}  // namespace understudy
