#pragma once

#include <cstdint>
#include <span>

#include "data_pipeline/annotation_rows.h"

namespace understudy {

/// Collects annotations of a clip, frame by frame. In all kinds of one row a frame, columns of floats come first.
class RowBuilder {
 public:
  explicit RowBuilder(AnnotationKind kind);

  /// A value that is not finite makes the frame unknown: trackers write it where they have failed.
  /// @param floats  of all columns, one after another. @param bytes  of the columns behind them
  void add(std::span<const float> floats, std::span<const std::uint8_t> bytes = {});
  /// A frame of which nothing is known.
  void add_unknown();

  AnnotationRows finish() { return std::move(rows_); }

 private:
  AnnotationRows rows_;
};

}  // namespace understudy
