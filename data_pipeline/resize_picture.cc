#include "data_pipeline/resize_picture.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include <emmintrin.h>
#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/cubic_convolution.h"

namespace understudy {
namespace {

constexpr float kHalfUp = 0.5F + 1.0F / 4096.0F;  // so that sums in single precision do not miss a half
constexpr std::size_t kPixelLanes = 4;            // a pixel is handled with one value of its right neighbour

/// An output place along one axis as a weighted sum of consecutive inputs.
struct Taps {
  int first = 0;
  std::vector<float> weights;
};

/// Shares of inputs that an output covers, counted in whole parts: an input is `out` parts long, an output `in`.
Taps area_taps(std::int64_t output, std::int64_t in, std::int64_t out) {
  const std::int64_t begin = output * in;
  const std::int64_t end = begin + in;
  Taps taps{static_cast<int>(begin / out), {}};
  for (std::int64_t input = begin / out; input * out < end; ++input) {
    const std::int64_t covered = std::min((input + 1) * out, end) - std::max(input * out, begin);
    taps.weights.push_back(static_cast<float>(static_cast<double>(covered) / static_cast<double>(in)));
  }
  return taps;
}

Taps cubic_taps(std::int64_t output, std::int64_t in, std::int64_t out) {
  const std::int64_t place = (2 * output + 1) * in - out;  // in parts of which an input has 2 * out; > -2 * out
  const std::int64_t below = (place + 2 * out) / (2 * out) - 1;
  const double x = static_cast<double>(place - below * 2 * out) / static_cast<double>(2 * out);
  const std::array<double, 4> weights = cubic_weights(x);
  const auto inside = [in](std::int64_t input) { return std::clamp(input, std::int64_t{0}, in - 1); };
  const std::int64_t first = inside(below - 1);
  Taps taps{static_cast<int>(first), std::vector<float>(static_cast<std::size_t>(inside(below + 2) - first + 1))};
  for (std::int64_t i = 0; i < 4; ++i) {
    taps.weights[static_cast<std::size_t>(inside(below - 1 + i) - first)] +=
        static_cast<float>(weights[static_cast<std::size_t>(i)]);
  }
  return taps;
}

std::vector<Taps> axis_taps(int in, int out) {
  std::vector<Taps> taps;
  for (int output = 0; output < out; ++output) {
    taps.push_back(out < in   ? area_taps(output, in, out)
                   : out > in ? cubic_taps(output, in, out)
                              : Taps{output, {1.0F}});
  }
  return taps;
}

void scale_row(const std::uint8_t* source, float weight, std::size_t values, float* row) {
  for (std::size_t i = 0; i < values; ++i) row[i] = weight * static_cast<float>(source[i]);
}
void add_row(const std::uint8_t* source, float weight, std::size_t values, float* row) {
  for (std::size_t i = 0; i < values; ++i) row[i] += weight * static_cast<float>(source[i]);
}

/// The weighted sum of the rows behind one output row, interleaved.
void sum_rows(const Picture& picture, const Rectangle& region, const Taps& taps, std::vector<float>& row) {
  const std::size_t values = static_cast<std::size_t>(region.width) * 3;
  const auto source = [&](std::size_t i) {
    return picture.pixel(region.left, region.top + taps.first + static_cast<int>(i));
  };
  scale_row(source(0), taps.weights[0], values, row.data());
  for (std::size_t i = 1; i < taps.weights.size(); ++i) add_row(source(i), taps.weights[i], values, row.data());
}

/// A row has one value more than pixels need, so that the last pixel can be loaded as four values.
void sum_columns(const std::vector<float>& row, const std::vector<Taps>& columns, std::uint8_t* output) {
  for (const Taps& taps : columns) {
    const float* source = row.data() + static_cast<std::ptrdiff_t>(taps.first) * 3;
    __m128 sum = _mm_set1_ps(kHalfUp);
    for (const float weight : taps.weights) {
      sum = _mm_add_ps(sum, _mm_mul_ps(_mm_set1_ps(weight), _mm_loadu_ps(source)));
      source += 3;
    }
    const __m128 clamped = _mm_min_ps(_mm_max_ps(sum, _mm_setzero_ps()), _mm_set1_ps(255.0F));
    alignas(16) std::int32_t values[kPixelLanes];
    _mm_store_si128(reinterpret_cast<__m128i*>(values), _mm_cvttps_epi32(clamped));
    for (int c = 0; c < 3; ++c) *output++ = static_cast<std::uint8_t>(values[c]);
  }
}

void require_sizes(const Picture& picture, const Rectangle& region, int width, int height) {
  const bool inside = region.left >= 0 && region.top >= 0 && region.width > 0 && region.height > 0 &&
                      region.left <= picture.width - region.width && region.top <= picture.height - region.height;
  if (inside && width > 0 && height > 0) return;
  throw DataError(fmt::format("cannot resize {} x {} pixels from ({}, {}) of a picture of {} x {} to {} x {} pixels",
                              region.width,
                              region.height,
                              region.left,
                              region.top,
                              picture.width,
                              picture.height,
                              width,
                              height));
}

}  // namespace

void resize_picture(const Picture& picture, const Rectangle& region, int width, int height, Picture& result) {
  require_sizes(picture, region, width, height);
  const std::vector<Taps> columns = axis_taps(region.width, width);
  const std::vector<Taps> rows = axis_taps(region.height, height);
  std::vector<float> row(static_cast<std::size_t>(region.width) * 3 + 1);
  result.width = width;
  result.height = height;
  result.rgb.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  for (int y = 0; y < height; ++y) {
    sum_rows(picture, region, rows[static_cast<std::size_t>(y)], row);
    sum_columns(row, columns, result.pixel(0, y));
  }
}

Picture resize_picture(const Picture& picture, const Rectangle& region, int width, int height) {
  Picture result;
  resize_picture(picture, region, width, height, result);
  return result;
}

Picture resize_picture(const Picture& picture, int width, int height) {
  return resize_picture(picture, {0, 0, picture.width, picture.height}, width, height);
}

}  // namespace understudy
