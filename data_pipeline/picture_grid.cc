#include "data_pipeline/picture_grid.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

void paste(const Picture& picture, Picture& canvas, int left, int top) {
  for (int y = 0; y < picture.height; ++y) {
    std::copy_n(picture.pixel(0, y), picture.width * 3, canvas.pixel(left, top + y));
  }
}

}  // namespace

Picture picture_grid(std::span<const Picture> pictures, int columns, int gap) {
  if (pictures.empty() || columns <= 0 || gap < 0) {
    throw DataError(
        fmt::format("cannot lay out {} pictures in {} columns with gaps of {} pixels: at least one picture and "
                    "one column are needed, and no negative gap",
                    pictures.size(),
                    columns,
                    gap));
  }
  int cell_width = 0;
  int cell_height = 0;
  for (const Picture& picture : pictures) {
    cell_width = std::max(cell_width, picture.width);
    cell_height = std::max(cell_height, picture.height);
  }
  const int count = static_cast<int>(pictures.size());
  const int used_columns = std::min(columns, count);
  const int rows = (count + columns - 1) / columns;
  Picture canvas(used_columns * (cell_width + gap) - gap, rows * (cell_height + gap) - gap);
  for (int i = 0; i < count; ++i) {
    const Picture& picture = pictures[static_cast<std::size_t>(i)];
    const int left = (i % columns) * (cell_width + gap) + (cell_width - picture.width) / 2;
    const int top = (i / columns) * (cell_height + gap) + (cell_height - picture.height) / 2;
    paste(picture, canvas, left, top);
  }
  return canvas;
}

}  // namespace understudy
