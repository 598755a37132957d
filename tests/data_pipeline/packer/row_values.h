#pragma once

#include <cstring>
#include <vector>

#include "data_pipeline/annotation_rows.h"

namespace understudy {

/// The floats of one frame.
inline std::vector<float> row_floats(const AnnotationRows& rows, std::size_t frame) {
  std::size_t bytes = 0;
  for (const RowColumn& column : row_columns(rows.kind))
    if (column.element == Element::kF32) bytes += column.bytes();
  std::vector<float> floats(bytes / sizeof(float));
  std::memcpy(floats.data(), rows.bytes.data() + frame * row_bytes(rows.kind), bytes);
  return floats;
}

}  // namespace understudy
