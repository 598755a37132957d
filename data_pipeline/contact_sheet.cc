#include "data_pipeline/contact_sheet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace understudy {
namespace {

constexpr std::array<std::uint8_t, 3> kGreen{0, 255, 0};
constexpr std::array<std::uint8_t, 3> kRed{255, 0, 0};

/// Mean colour of the source pixels under each pixel of a `side` x `side` cell, put at (left, top) of the sheet.
void paste(const Picture& frame, Picture& sheet, int left, int top, int side) {
  const auto range = [side](int i, int length) {
    const int begin = i * length / side;
    return std::pair{begin, std::max(begin + 1, (i + 1) * length / side)};
  };
  for (int y = 0; y < side; ++y) {
    const auto [y0, y1] = range(y, frame.height);
    for (int x = 0; x < side; ++x) {
      const auto [x0, x1] = range(x, frame.width);
      for (int c = 0; c < 3; ++c) {
        int sum = 0;
        for (int v = y0; v < y1; ++v) {
          for (int u = x0; u < x1; ++u) sum += frame.pixel(u, v)[c];
        }
        const int count = (y1 - y0) * (x1 - x0);
        sheet.pixel(left + x, top + y)[c] = static_cast<std::uint8_t>((sum + count / 2) / count);
      }
    }
  }
}

/// A square dot around (x, y) of a cell, as far as it lies within the cell.
void draw_dot(Picture& sheet, int left, int top, int side, int x, int y, const std::array<std::uint8_t, 3>& colour) {
  const int radius = side / 96;
  for (int v = std::max(0, y - radius); v <= std::min(side - 1, y + radius); ++v) {
    for (int u = std::max(0, x - radius); u <= std::min(side - 1, x + radius); ++u) {
      std::copy(colour.begin(), colour.end(), sheet.pixel(left + u, top + v));
    }
  }
}

/// Green on the face; red, at the nearest place of the border, for a landmark outside the frame.
void draw_landmarks(const Landmarks68& landmarks, float reference_size, Picture& sheet, int left, int top, int side) {
  const double scale = static_cast<double>(side) / static_cast<double>(reference_size);
  for (std::size_t i = 0; i < landmarks.xy.size(); i += 2) {
    const double x = std::floor(static_cast<double>(landmarks.xy[i]) * scale);
    const double y = std::floor(static_cast<double>(landmarks.xy[i + 1]) * scale);
    if (std::isnan(x) || std::isnan(y)) continue;
    const bool inside = x >= 0 && y >= 0 && x < side && y < side;
    const auto within = [side](double place) { return static_cast<int>(std::clamp(place, 0.0, side - 1.0)); };
    draw_dot(sheet, left, top, side, within(x), within(y), inside ? kGreen : kRed);
  }
}

/// The i-th of `count` places spread evenly over `total`, both ends included.
std::uint32_t spread(int i, int count, std::size_t total) {
  if (count < 2) return 0;
  return static_cast<std::uint32_t>(static_cast<std::size_t>(i) * (total - 1) / static_cast<std::size_t>(count - 1));
}

std::optional<std::uint32_t> first_usable_clip(const DataSet& set, const IdentityEntry& identity) {
  for (std::uint32_t clip = identity.first_clip; clip < identity.first_clip + identity.clips; ++clip) {
    if (!set.usable_frames(clip).empty()) return clip;
  }
  return std::nullopt;
}

int at_most(int wanted, std::size_t available) {
  return static_cast<int>(std::min(static_cast<std::size_t>(std::max(wanted, 1)), available));
}

void paste_row(const DataSet& set, std::uint32_t clip, const ContactSheetOptions& options, int top, Picture& sheet) {
  const auto usable = set.usable_frames(clip);
  const int columns = at_most(options.frames, usable.size());
  for (int column = 0; column < columns; ++column) {
    const FrameRef ref{clip, usable[spread(column, columns, usable.size())]};
    const int left = column * options.cell;
    paste(set.decode_frame(ref), sheet, left, top, options.cell);
    if (!options.landmarks || !set.has_landmarks_of(clip)) continue;
    const Landmarks68 landmarks = set.landmarks(ref);
    if (landmarks.valid()) draw_landmarks(landmarks, set.landmark_reference_size(), sheet, left, top, options.cell);
  }
}

}  // namespace

Picture contact_sheet(const DataSet& set, const ContactSheetOptions& options) {
  const auto identities = set.identities();
  const int rows = at_most(options.identities, identities.size());
  Picture sheet(options.cell * std::max(options.frames, 1), options.cell * rows);
  for (int row = 0; row < rows; ++row) {
    const auto clip = first_usable_clip(set, identities[spread(row, rows, identities.size())]);
    if (clip) paste_row(set, *clip, options, row * options.cell, sheet);
  }
  return sheet;
}

}  // namespace understudy
