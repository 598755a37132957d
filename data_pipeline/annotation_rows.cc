#include "data_pipeline/annotation_rows.h"

#include <array>
#include <functional>
#include <numeric>

namespace understudy {
namespace {

constexpr std::array kLandmarkColumns{RowColumn{"/frame/points", Element::kF32, {68, 2, 1}, 2}};
constexpr std::array kBoxColumns{RowColumn{"/frame/box", Element::kF32, {4, 1, 1}, 1}};
constexpr std::array kKeypointColumns{RowColumn{"/frame/value", Element::kF32, {10, 2, 1}, 2},
                                      RowColumn{"/frame/jacobian", Element::kF32, {10, 2, 2}, 3}};
constexpr std::array kFlameColumns{RowColumn{"/frame/shape", Element::kF32, {100, 1, 1}, 1},
                                   RowColumn{"/frame/expression", Element::kF32, {50, 1, 1}, 1},
                                   RowColumn{"/frame/pose", Element::kF32, {6, 1, 1}, 1},
                                   RowColumn{"/frame/camera", Element::kF32, {3, 1, 1}, 1}};
constexpr std::array kPoseColumns{RowColumn{"/frame/head_pose", Element::kF32, {3, 1, 1}, 1},
                                  RowColumn{"/frame/au_intensity", Element::kF32, {17, 1, 1}, 1},
                                  RowColumn{"/frame/au_present", Element::kU8, {18, 1, 1}, 1}};

}  // namespace

std::span<const RowColumn> row_columns(AnnotationKind kind) {
  switch (kind) {
    case AnnotationKind::kLandmark68:
      return kLandmarkColumns;
    case AnnotationKind::kBox:
      return kBoxColumns;
    case AnnotationKind::kKeypoint10:
      return kKeypointColumns;
    case AnnotationKind::kFlame:
      return kFlameColumns;
    case AnnotationKind::kPoseAu:
      return kPoseColumns;
    case AnnotationKind::kMask:
    case AnnotationKind::kSynthetic:
      break;
  }
  return {};
}

std::vector<std::string_view> payload_tables(AnnotationKind kind) {
  if (kind == AnnotationKind::kMask) return {"/frame/bytes"};
  std::vector<std::string_view> names;
  for (const RowColumn& column : row_columns(kind)) names.push_back(column.name);
  return names;
}

std::size_t row_bytes(AnnotationKind kind) {
  const auto columns = row_columns(kind);
  return std::transform_reduce(
      columns.begin(), columns.end(), std::size_t{0}, std::plus<>(), [](const RowColumn& c) { return c.bytes(); });
}

}  // namespace understudy
