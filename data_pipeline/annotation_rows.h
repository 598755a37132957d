#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "data_pipeline/hdf5_file.h"
#include "data_pipeline/set_format.h"

namespace understudy {

/// A table of an annotation kind that has one row of fixed size for every frame.
struct RowColumn {
  std::string_view name;               ///< "/frame/points"
  Element element;                     ///< kF32 or kU8
  std::array<std::uint64_t, 3> shape;  ///< of a row, filled up with ones
  std::size_t dimensions;              ///< of a row

  std::size_t values() const { return shape[0] * shape[1] * shape[2]; }
  std::size_t bytes() const { return values() * (element == Element::kF32 ? sizeof(float) : 1); }
};

inline constexpr std::size_t kMostColumns = 4;

/// Tables of a kind, at most `kMostColumns`, in file order; empty for kinds whose rows differ in size (masks) or lie by
/// clip (synthetic truth).
std::span<const RowColumn> row_columns(AnnotationKind kind);

/// Tables whose rows have CRCs of their own, so that they may be read without reading the whole file.
std::vector<std::string_view> payload_tables(AnnotationKind kind);

/// Bytes of one frame: its rows of all columns, one after another.
std::size_t row_bytes(AnnotationKind kind);

/// Annotations of one clip, one row a frame.
struct AnnotationRows {
  AnnotationKind kind = AnnotationKind::kLandmark68;
  std::vector<std::uint8_t> valid;  ///< [frames] 0: unknown in this frame, the row is zeros
  std::vector<std::byte> bytes;     ///< [frames x row_bytes(kind)]
};

}  // namespace understudy
