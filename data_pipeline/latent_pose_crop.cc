#include "data_pipeline/latent_pose_crop.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/picture_filter.h"
#include "data_pipeline/resize_picture.h"

namespace understudy {
namespace {

constexpr double kBoxScale = 1.8;
constexpr double kBlurOfSide = 0.016;  // sigma

/// One axis of a square: the pixels [first, last) that the frame has, and how many are missing on either side.
struct Span {
  int first;
  int last;
  int before;
  int after;
  int length() const { return before + last - first + after; }
};

Span span_of(int start, int length, int available) {
  const int first = std::max(0, start);
  const int last = std::min(start + length, available);
  if (last - first >= 2) return {first, last, first - start, start + length - last};
  throw DataError(
      fmt::format("a crop of {} pixels from pixel {} on has less than two of the frame's {}; correct the frame's box",
                  length,
                  start,
                  available));
}

/// How far into the padding each place of an axis is: 1 at the edge, 0 where the frame begins, negative inside.
std::vector<float> depths(const Span& span) {
  const int length = span.length();
  std::vector<float> depth(static_cast<std::size_t>(length));
  constexpr float kFar = std::numeric_limits<float>::infinity();
  for (int i = 0; i < length; ++i) {
    const float before = span.before == 0 ? kFar : static_cast<float>(i) / static_cast<float>(span.before);
    const float after = span.after == 0 ? kFar : static_cast<float>(length - 1 - i) / static_cast<float>(span.after);
    depth[static_cast<std::size_t>(i)] = 1.0F - std::min(before, after);
  }
  return depth;
}

float blur_weight(float depth) {
  return std::clamp(depth * 3.0F + 1.0F, 0.0F, 1.0F);
}

/// The square before it is resized: padded, but not yet blurred.
struct Square {
  Picture picture;
  std::vector<float> across;  ///< depth of each column
  std::vector<float> down;    ///< depth of each row
  std::vector<float> border;  ///< memory for the values of its blurred parts
};

/// Number of places from the start and from the end that are blurred at all.
std::pair<int, int> blurred_ends(const std::vector<float>& depth) {
  const auto sharp = [](float value) { return blur_weight(value) == 0.0F; };
  const auto first = std::find_if(depth.begin(), depth.end(), sharp);
  const auto last = std::find_if(depth.rbegin(), std::make_reverse_iterator(first), sharp);
  return {static_cast<int>(first - depth.begin()), static_cast<int>(last - depth.rbegin())};
}

/// The parts of the square that are blurred, none overlapping another.
std::array<Rectangle, 4> blurred_parts(const Square& square) {
  const int side = square.picture.width;
  const auto [top, bottom] = blurred_ends(square.down);
  const auto [left, right] = blurred_ends(square.across);
  const int rest = side - top - bottom;
  return {
      {{0, 0, side, top}, {0, side - bottom, side, bottom}, {0, top, left, rest}, {side - right, top, right, rest}}};
}

template <class Change>
void for_pixels(const std::array<Rectangle, 4>& parts, Change change) {
  for (const Rectangle& part : parts) {
    for (int y = part.top; y < part.top + part.height; ++y) {
      for (int x = part.left; x < part.left + part.width; ++x) change(x, y);
    }
  }
}

/// A square's border on its way, in [0, 1], with the values of its pixels in the order in which `for_pixels` comes by.
class Border {
 public:
  explicit Border(Square& square) : square_(square), parts_(blurred_parts(square)), values_(square.border) {
    thread_local Picture blurred;
    const double sigma = square.picture.height * kBlurOfSide;
    const int taps = static_cast<int>(std::lrint(sigma * 6 + 1)) | 1;
    separable_blur(square.picture, gaussian_weights(sigma, taps), parts_, blurred);
    values_.clear();
    for_pixels(parts_, [&](int x, int y) {
      const float weight = blur_weight(std::max(depth_x(x), depth_y(y)));
      for (int c = 0; c < 3; ++c) {
        const float sharp = static_cast<float>(square_.picture.pixel(x, y)[c]) / 255.0F;
        const float smooth = static_cast<float>(blurred.pixel(x, y)[c]) / 255.0F;
        values_.push_back(sharp + (smooth - sharp) * weight);
      }
    });
  }

  /// Fades into a colour by `depth(x, y)` and stores the border's bytes.
  template <class Depth>
  void fade(const std::array<float, 3>& colour, Depth depth) {
    std::size_t i = 0;
    for_pixels(parts_, [&](int x, int y) {
      const float weight = std::clamp(depth(x, y), 0.0F, 1.0F);
      for (std::size_t c = 0; c < 3; ++c, ++i) {
        const float value = (values_[i] + (colour[c] - values_[i]) * weight) * 255.0F;
        square_.picture.pixel(x, y)[c] = static_cast<std::uint8_t>(std::clamp(std::nearbyint(value), 0.0F, 255.0F));
      }
    });
  }

  /// Median of each channel over the whole square with its blurred border.
  std::array<float, 3> medians() const { return {median(0), median(1), median(2)}; }

  float depth_x(int x) const { return square_.across[static_cast<std::size_t>(x)]; }
  float depth_y(int y) const { return square_.down[static_cast<std::size_t>(y)]; }

 private:
  /// Values by their nearest byte: of those inside only the count is needed, because they are bytes.
  float median(std::size_t channel) const {
    std::array<std::size_t, 256> counts{};
    std::array<std::size_t, 256> bytes{};
    const Picture& picture = square_.picture;
    for (std::size_t i = channel; i < picture.rgb.size(); i += 3) ++bytes[picture.rgb[i]];
    for_pixels(parts_, [&](int x, int y) { --bytes[picture.pixel(x, y)[channel]]; });
    counts = bytes;
    for (std::size_t i = channel; i < values_.size(); i += 3) ++counts[nearest_byte(values_[i])];
    const std::size_t total = picture.rgb.size() / 3;
    const float upper = at_rank(total / 2, channel, counts, bytes);
    return total % 2 == 1 ? upper : (at_rank(total / 2 - 1, channel, counts, bytes) + upper) / 2.0F;
  }

  static std::size_t nearest_byte(float value) { return static_cast<std::size_t>(value * 255.0F + 0.5F); }

  float at_rank(std::size_t rank,
                std::size_t channel,
                const std::array<std::size_t, 256>& counts,
                const std::array<std::size_t, 256>& bytes) const {
    std::size_t bucket = 0;
    while (rank >= counts[bucket]) rank -= counts[bucket++];
    const float byte = static_cast<float>(bucket) / 255.0F;
    std::vector<float> members;  // of the bucket, those in the border
    for (std::size_t i = channel; i < values_.size(); i += 3) {
      if (nearest_byte(values_[i]) == bucket) members.push_back(values_[i]);
    }
    std::sort(members.begin(), members.end());
    const auto below =
        static_cast<std::size_t>(std::lower_bound(members.begin(), members.end(), byte) - members.begin());
    if (rank < below) return members[rank];
    return rank < below + bytes[bucket] ? byte : members[rank - bytes[bucket]];
  }

  Square& square_;
  std::array<Rectangle, 4> parts_;
  std::vector<float>& values_;
};

/// Where a place of a padded axis lies in the frame, mirrored.
int mirrored_place(const Span& span, int i) {
  return span.first + mirrored(i - span.before, span.last - span.first);
}
int repeated_place(const Span& span, int i) {
  return std::clamp(span.first + i - span.before, span.first, span.last - 1);
}

/// The official square in coordinates of the frame without its outermost pixels.
std::pair<Span, Span> official_spans(PictureSize frame, const std::optional<FaceBox>& box) {
  const Rectangle square = official_square(frame, box);
  return {span_of(square.left - 1, square.width, frame.width - 2),
          span_of(square.top - 1, square.height, frame.height - 2)};
}

/// A square of the frame, moved and shrunk so that nothing is missing.
Rectangle inner_square(PictureSize frame, const std::optional<FaceBox>& box) {
  if (!box) return {0, 0, frame.width, frame.height};
  const Rectangle wanted = official_square(frame, box);
  const int side = std::min({wanted.width - 1, frame.width, frame.height});
  const int moved = (wanted.width - 1 - side) / 2;
  return {std::clamp(wanted.left + moved, 0, frame.width - side),
          std::clamp(wanted.top + moved, 0, frame.height - side),
          side,
          side};
}

/// @param place  maps a place of an axis of the padded square to the frame
/// @param fetch  puts pixel (x, y) of the frame without its outermost pixels
template <class Place, class Fetch>
void fill_square(const Span& across, const Span& down, Square& square, Place place, Fetch fetch) {
  square.picture.width = across.length();
  square.picture.height = down.length();
  square.picture.rgb.resize(static_cast<std::size_t>(across.length()) * static_cast<std::size_t>(down.length()) * 3);
  square.across = depths(across);
  square.down = depths(down);
  std::vector<int> columns;
  for (int x = 0; x < across.length(); ++x) columns.push_back(place(across, x));
  std::uint8_t* to = square.picture.rgb.data();
  for (int y = 0; y < down.length(); ++y) {
    const int row = place(down, y);
    for (const int column : columns) {
      fetch(column, row, to);
      to += 3;
    }
  }
}

bool complete(const Span& across, const Span& down) {
  return across.before + across.after + down.before + down.after == 0;
}

/// Bilinear between pixel centres, the border repeated; rounded half up. @param stride  bytes from value to value
void resize_plane(
    const std::uint8_t* plane, std::ptrdiff_t stride, std::ptrdiff_t row_stride, int width, int height, Mask& result) {
  const auto place = [](int i, int from, int to) {
    const double centre = std::max((i + 0.5) * (static_cast<double>(from) / to) - 0.5, 0.0);
    const int first = std::min(static_cast<int>(centre), from - 1);
    return std::tuple{first, std::min(first + 1, from - 1), centre - first};
  };
  for (int y = 0; y < result.height; ++y) {
    const auto [above, below, down] = place(y, height, result.height);
    for (int x = 0; x < result.width; ++x) {
      const auto [left, right, across] = place(x, width, result.width);
      const auto row = [&, l = left, r = right, t = across](int at) {
        return plane[at * row_stride + l * stride] * (1 - t) + plane[at * row_stride + r * stride] * t;
      };
      result.coverage[static_cast<std::size_t>(y) * static_cast<std::size_t>(result.width) +
                      static_cast<std::size_t>(x)] =
          static_cast<std::uint8_t>(row(above) * (1 - down) + row(below) * down + 0.5);
    }
  }
}

}  // namespace

Rectangle official_square(PictureSize frame, const std::optional<FaceBox>& box) {
  if (!box) return {0, 0, frame.height + 1, frame.height + 1};
  const double left = static_cast<double>(box->left);
  const double right = static_cast<double>(box->right);
  const double top = static_cast<double>(box->top);
  const double bottom = static_cast<double>(box->bottom);
  const double half = std::max(right - left, bottom - top) / 2 * kBoxScale;
  const auto first = static_cast<int>(std::floor((left + right) / 2 - half));
  const int side = static_cast<int>(std::ceil((left + right) / 2 + half)) - first + 1;
  return {first, static_cast<int>(std::floor((top + bottom) / 2 - half)), side, side};
}

void crop_frame(const Picture& frame, const LatentPoseCrop& crop, Picture& result) {
  const PictureSize size{frame.width, frame.height};
  if (!crop.official_border) return resize_picture(frame, inner_square(size, crop.box), crop.size, crop.size, result);
  const auto [across, down] = official_spans(size, crop.box);
  thread_local Square square;
  fill_square(across, down, square, mirrored_place, [&frame](int x, int y, std::uint8_t* to) {
    std::copy_n(frame.pixel(x + 1, y + 1), 3, to);
  });
  if (!complete(across, down)) {
    Border border(square);
    border.fade(border.medians(), [&](int x, int y) { return std::max(border.depth_x(x), border.depth_y(y)); });
  }
  resize_picture(square.picture, {0, 0, square.picture.width, square.picture.height}, crop.size, crop.size, result);
}

void crop_mask(const Mask& mask, const LatentPoseCrop& crop, Mask& result) {
  result.width = result.height = crop.size;
  result.coverage.resize(static_cast<std::size_t>(crop.size) * static_cast<std::size_t>(crop.size));
  const PictureSize size{mask.width, mask.height};
  const auto at = [&](int x, int y) { return mask.coverage.data() + std::ptrdiff_t{y} * mask.width + x; };
  if (!crop.official_border) {
    const Rectangle region = inner_square(size, crop.box);
    return resize_plane(at(region.left, region.top), 1, mask.width, region.width, region.height, result);
  }
  const auto [across, down] = official_spans(size, crop.box);
  thread_local Square square;
  fill_square(across, down, square, repeated_place, [&at](int x, int y, std::uint8_t* to) {
    std::fill_n(to, 3, *at(x + 1, y + 1));
  });
  std::fill_n(square.picture.rgb.begin(), std::ptrdiff_t{3} * square.picture.width * down.before, std::uint8_t{0});
  if (!complete(across, down)) {
    Border border(square);
    border.fade({0.0F, 0.0F, 0.0F}, [&](int x, int) { return border.depth_x(x); });
  }
  const Picture& picture = square.picture;
  resize_plane(picture.rgb.data(), 3, std::ptrdiff_t{3} * picture.width, picture.width, picture.height, result);
}

}  // namespace understudy
