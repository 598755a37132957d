#include "data_pipeline/packer/box_file.h"

#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "data_pipeline/csv_reader.h"
#include "data_pipeline/npy_file.h"
#include "data_pipeline/packer/annotation_paths.h"
#include "data_pipeline/packer/reject_on_error.h"
#include "data_pipeline/packer/row_builder.h"
#include "data_pipeline/small_file.h"

namespace understudy {
namespace {

using Box = std::array<double, 4>;  ///< left, top, right, bottom; of no area: unknown

std::vector<Box> read_array(const std::filesystem::path& file, std::uint32_t source_frames) {
  const NpyArray array = read_npy(file);
  if (array.shape != std::vector<std::int64_t>{source_frames, 4})
    throw DataError(fmt::format("{}: shape {}, not [{}, 4]", file.string(), shape_text(array), source_frames));
  std::vector<Box> boxes(source_frames);
  for (std::size_t i = 0; i < array.values.size(); ++i) boxes[i / 4][i % 4] = array.values[i];
  return boxes;
}

std::vector<Box> read_table(const std::filesystem::path& file, std::uint32_t source_frames) {
  const std::string text = read_small_file(file);
  CsvReader csv(text, file.string());
  const std::size_t frame = csv.column("frame");
  const std::array sides{csv.column("left"), csv.column("top"), csv.column("right"), csv.column("bottom")};
  const auto fail = [&](std::string_view reason) -> void {
    throw DataError(fmt::format("{}: line {}: {}", file.string(), csv.line(), reason));
  };
  std::vector<Box> boxes(source_frames);
  std::vector<bool> known(source_frames);
  while (csv.next()) {
    const std::size_t place = csv.whole_number(frame);
    if (place >= source_frames) fail(fmt::format("frame {} of a clip of {}, counted from 0", place, source_frames));
    if (known[place]) fail(fmt::format("frame {} has a second box", place));
    known[place] = true;
    for (std::size_t side = 0; side < sides.size(); ++side) boxes[place][side] = csv.number(sides[side]);
  }
  return boxes;
}

std::array<float, 4> in_packed_frame(const Box& box, const ClipFrames& frames) {
  const auto [left, top, right, bottom] = frames.crop;
  const double across = static_cast<double>(frames.width) / (right - left);
  const double down = static_cast<double>(frames.height) / (bottom - top);
  return {static_cast<float>((box[0] - left) * across),
          static_cast<float>((box[1] - top) * down),
          static_cast<float>((box[2] - left) * across),
          static_cast<float>((box[3] - top) * down)};
}

}  // namespace

AnnotationRows read_box_file(const std::filesystem::path& folder, const ListedClip& clip, const ClipFrames& frames) {
  const auto array = find_annotation_file(folder, clip.source, ".npy");
  const auto file = array ? *array : require_annotation_file(folder, clip.source, ".csv");
  return reject_on_error(RejectionReason::kAnnotation, [&] {
    const std::vector<Box> boxes =
        array ? read_array(file, frames.source_frames) : read_table(file, frames.source_frames);
    RowBuilder rows(AnnotationKind::kBox);
    for (const std::uint32_t position : frames.position) {
      const Box& box = boxes[position];
      if (box[2] > box[0] && box[3] > box[1]) {
        rows.add(in_packed_frame(box, frames));
      } else {
        rows.add_unknown();
      }
    }
    return rows.finish();
  });
}

}  // namespace understudy
