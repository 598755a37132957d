#pragma once

#include <array>
#include <cstdint>

#include "data_pipeline/picture.h"

// Changes of 8-bit colours pixel by pixel, with the arithmetic of imgaug 0.4.0 and OpenCV.
namespace understudy {

/// What becomes of each value of a channel.
using ByteTable = std::array<std::uint8_t, 256>;

/// x + `value`, clipped.
ByteTable addition_table(int value);
/// x * `factor`, clipped and truncated.
ByteTable multiplication_table(float factor);
/// 127 + `factor` * (x - 127), clipped and truncated.
ByteTable linear_contrast_table(float factor);
/// 255 / (1 + exp(`gain` * (0.5 - x / 255))), truncated.
ByteTable sigmoid_contrast_table(double gain);

/// @param tables  of red, green and blue
void apply_tables(const std::array<ByteTable, 3>& tables, Picture& picture);

/// Adds `value` to the saturation of OpenCV's 8-bit HSV (hue in steps of two degrees), clipped, and converts back: also
/// without a change of saturation, colours move a little.
void add_to_saturation(int value, Picture& picture);

}  // namespace understudy
