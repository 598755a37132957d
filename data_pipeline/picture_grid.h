#pragma once

#include <span>

#include "data_pipeline/picture.h"

namespace understudy {

/// Lays pictures out row by row on black. Every cell is as large as the largest picture; a smaller one is centred.
/// @param columns  pictures a row; the last row may be shorter
/// @param gap      black pixels between cells
/// @throws DataError  when there is no picture or `columns` is not positive
Picture picture_grid(std::span<const Picture> pictures, int columns, int gap = 0);

}  // namespace understudy
