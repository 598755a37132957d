#include "data_pipeline/picture_filter.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "data_pipeline/portable_math.h"

namespace understudy {
namespace {

constexpr float kRoundToEven = 12582912.0F;  // 1.5 * 2^23: sums with it have no room for fractions

/// A picture with `margin` more pixels on all sides.
struct Padded {
  std::vector<std::uint8_t> bytes;
  std::ptrdiff_t stride = 0;
  int margin = 0;
  /// Row of the picture from its first pixel on; from -margin to height + margin - 1.
  const std::uint8_t* row(int y) const { return bytes.data() + (y + margin) * stride + std::ptrdiff_t{3} * margin; }
};

/// @param place  maps a place outside a line of the given length to one inside
template <class Place>
const Padded& pad(const Picture& picture, int margin, Place place) {
  thread_local Padded padded;
  padded.margin = margin;
  padded.stride = std::ptrdiff_t{3} * (picture.width + 2 * margin);
  padded.bytes.resize(static_cast<std::size_t>(padded.stride) * static_cast<std::size_t>(picture.height + 2 * margin));
  std::uint8_t* to = padded.bytes.data();
  const auto put = [&to](const std::uint8_t* from, int pixels) { to = std::copy_n(from, 3 * pixels, to); };
  for (int y = -margin; y < picture.height + margin; ++y) {
    const int from = place(y, picture.height);
    for (int x = -margin; x < 0; ++x) put(picture.pixel(place(x, picture.width), from), 1);
    put(picture.pixel(0, from), picture.width);
    for (int x = picture.width; x < picture.width + margin; ++x) put(picture.pixel(place(x, picture.width), from), 1);
  }
  return padded;
}

int repeated(int i, int length) {
  return std::clamp(i, 0, length - 1);
}

void match_size(const Picture& picture, Picture& result) {
  result.width = picture.width;
  result.height = picture.height;
  result.rgb.resize(picture.rgb.size());
}

/// Calls `row(above, here, below, out)` for every row of a 3 x 3 filter.
template <class Row>
void for_rows_of_three(const Padded& padded, Picture& result, Row row) {
  for (int y = 0; y < result.height; ++y) {
    row(padded.row(y - 1), padded.row(y), padded.row(y + 1), result.pixel(0, y));
  }
}

void blur_part(const Padded& padded, const std::vector<int>& weights, const Rectangle& part, Picture& result) {
  thread_local std::vector<int> column;  // the rows behind an output row, summed; wider by the margins
  const auto values = 3 * static_cast<std::size_t>(part.width + 2 * padded.margin);
  for (int y = part.top; y < part.top + part.height; ++y) {
    column.assign(values, 0);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const std::uint8_t* source =
          padded.row(y + static_cast<int>(i) - padded.margin) + std::ptrdiff_t{3} * (part.left - padded.margin);
      for (std::size_t x = 0; x < values; ++x) column[x] += weights[i] * source[x];
    }
    std::uint8_t* out = result.pixel(part.left, y);
    for (std::size_t x = 0; x < 3 * static_cast<std::size_t>(part.width); ++x) {
      int sum = 1 << 15;
      for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * column[x + 3 * i];
      out[x] = static_cast<std::uint8_t>(sum >> 16);
    }
  }
}

void order(std::uint8_t& a, std::uint8_t& b) {
  const std::uint8_t low = std::min(a, b);
  b = std::max(a, b);
  a = low;
}

/// Median of nine by the 19 exchanges of Paeth (Graphics Gems, 1990).
std::uint8_t median_of_nine(std::array<std::uint8_t, 9> p) {
  constexpr std::array<std::pair<std::uint8_t, std::uint8_t>, 19> kExchanges = {{{1, 2},
                                                                                 {4, 5},
                                                                                 {7, 8},
                                                                                 {0, 1},
                                                                                 {3, 4},
                                                                                 {6, 7},
                                                                                 {1, 2},
                                                                                 {4, 5},
                                                                                 {7, 8},
                                                                                 {0, 3},
                                                                                 {5, 8},
                                                                                 {4, 7},
                                                                                 {3, 6},
                                                                                 {1, 4},
                                                                                 {2, 5},
                                                                                 {4, 7},
                                                                                 {4, 2},
                                                                                 {6, 4},
                                                                                 {4, 2}}};
  for (const auto& [first, second] : kExchanges) order(p[first], p[second]);
  return p[4];
}

}  // namespace

int mirrored(int i, int length) {
  const int period = 2 * (length - 1);
  const int place = ((i % period) + period) % period;
  return std::min(place, period - place);
}

std::vector<int> gaussian_weights(double sigma, int taps) {
  const auto half = static_cast<std::size_t>(taps / 2);
  std::vector<double> exact(half + 1);
  double sum = 0.0;
  for (std::size_t i = 0; i <= half; ++i) {
    const double distance = static_cast<double>(half - i);
    exact[i] = portable_exp(-distance * distance / (2 * sigma * sigma));
    sum += i < half ? 2 * exact[i] : exact[i];
  }
  std::vector<int> weights(2 * half + 1);
  weights[half] = 256;
  double carried = 0.0;
  for (std::size_t i = 0; i < half; ++i) {
    const double wanted = exact[i] / sum * 256 + carried;
    weights[i] = static_cast<int>(wanted + 0.5);  // the error carried is at most a half, so this is not negative
    carried = wanted - weights[i];
    weights[2 * half - i] = weights[i];
    weights[half] -= 2 * weights[i];
  }
  return weights;
}

void separable_blur(const Picture& picture, const std::vector<int>& weights, Picture& result) {
  const Rectangle all{0, 0, picture.width, picture.height};
  separable_blur(picture, weights, {&all, 1}, result);
}

void separable_blur(const Picture& picture,
                    const std::vector<int>& weights,
                    std::span<const Rectangle> parts,
                    Picture& result) {
  match_size(picture, result);
  const Padded& padded = pad(picture, static_cast<int>(weights.size() / 2), mirrored);
  for (const Rectangle& part : parts) blur_part(padded, weights, part, result);
}

void filter3x3(const Picture& picture, const std::array<float, 9>& kernel, Picture& result) {
  match_size(picture, result);
  const std::array<float, 9> k = kernel;
  const int values = 3 * picture.width;
  for_rows_of_three(
      pad(picture, 1, mirrored), result, [&](const auto* above, const auto* here, const auto* below, auto* out) {
        for (int x = 0; x < values; ++x) {
          float sum = k[0] * static_cast<float>(above[x - 3]);
          sum += k[1] * static_cast<float>(above[x]);
          sum += k[2] * static_cast<float>(above[x + 3]);
          sum += k[3] * static_cast<float>(here[x - 3]);
          sum += k[4] * static_cast<float>(here[x]);
          sum += k[5] * static_cast<float>(here[x + 3]);
          sum += k[6] * static_cast<float>(below[x - 3]);
          sum += k[7] * static_cast<float>(below[x]);
          sum += k[8] * static_cast<float>(below[x + 3]);
          const float clamped = std::min(std::max(sum, 0.0F), 255.0F);
          out[x] = static_cast<std::uint8_t>((clamped + kRoundToEven) - kRoundToEven);
        }
      });
}

void mean_blur(const Picture& picture, int side, Picture& result) {
  match_size(picture, result);
  const int values = 3 * picture.width;
  const Padded& padded = pad(picture, 1, mirrored);
  if (side == 2) {
    return for_rows_of_three(padded, result, [&](const auto* above, const auto* here, const auto*, auto* out) {
      for (int x = 0; x < values; ++x) {
        out[x] = static_cast<std::uint8_t>((above[x - 3] + above[x] + here[x - 3] + here[x] + 3) >> 2);
      }
    });
  }
  for_rows_of_three(padded, result, [&](const auto* above, const auto* here, const auto* below, auto* out) {
    const auto column = [&](int x) { return above[x] + here[x] + below[x]; };
    for (int x = 0; x < values; ++x) {
      const int sum = column(x - 3) + column(x) + column(x + 3);
      out[x] = static_cast<std::uint8_t>((2 * sum + 9) / 18);
    }
  });
}

void median_blur(const Picture& picture, Picture& result) {
  match_size(picture, result);
  const int values = 3 * picture.width;
  for_rows_of_three(
      pad(picture, 1, repeated), result, [&](const auto* above, const auto* here, const auto* below, auto* out) {
        for (int x = 0; x < values; ++x) {
          out[x] = median_of_nine({above[x - 3],
                                   above[x],
                                   above[x + 3],
                                   here[x - 3],
                                   here[x],
                                   here[x + 3],
                                   below[x - 3],
                                   below[x],
                                   below[x + 3]});
        }
      });
}

}  // namespace understudy
