#include "data_pipeline/picture_warp.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "data_pipeline/cubic_convolution.h"
#include "data_pipeline/picture_filter.h"

namespace understudy {
namespace {

constexpr int kParts = 32;        // of a pixel
constexpr double kFine = 1024.0;  // parts in which the terms of a place are rounded before they are added
constexpr int kFinePerPart = 32;
constexpr int kOne = 1 << 15;  // weights of a displaced pixel add up to it

int rounded(double x) {
  return static_cast<int>(std::lrint(x));
}

/// Place in parts that pixel `i` of the result comes from.
int source_part(const AxisWarp& warp, int i) {
  const double slope = 1.0 / warp.scale;
  const int fine = rounded(-warp.shift * slope * kFine) + rounded(slope * i * kFine) + kFinePerPart / 2;
  return fine >> 5;
}

/// What a pixel of the result is made of along one axis: two pixels and the weight of the second in parts.
struct Pair {
  int first;
  int second;
  int part;
};

void place_pairs(const AxisWarp& warp, int length, std::vector<Pair>& pairs) {
  pairs.resize(static_cast<std::size_t>(length));
  for (int i = 0; i < length; ++i) {
    const int place = source_part(warp, i);
    const int first = place >> 5;
    pairs[static_cast<std::size_t>(i)] = {mirrored(first, length), mirrored(first + 1, length), place & (kParts - 1)};
  }
}

/// Of the pixels around a place that is `part` parts beyond the second.
std::array<float, 4> weights_of_part(int part) {
  std::array<float, 4> weights{};
  const std::array<double, 4> exact = cubic_weights(static_cast<double>(part) / kParts);
  std::transform(exact.begin(), exact.end(), weights.begin(), [](double weight) { return static_cast<float>(weight); });
  return weights;
}

/// Weights of 4 x 4 pixels in 1 / kOne. What rounding lost is added to the largest, so that they add up.
using Patch = std::array<float, 16>;

Patch cubic_patch(int part_x, int part_y) {
  const std::array<float, 4> x = weights_of_part(part_x);
  const std::array<float, 4> y = weights_of_part(part_y);
  Patch patch{};
  float sum = 0.0F;
  for (std::size_t i = 0; i < 16; ++i) {
    patch[i] = static_cast<float>(std::lrint(y[i / 4] * x[i % 4] * static_cast<float>(kOne)));
    sum += patch[i];
  }
  *std::max_element(patch.begin(), patch.end()) += static_cast<float>(kOne) - sum;
  return patch;
}

const std::vector<Patch>& cubic_patches() {
  static const std::vector<Patch> patches = [] {
    std::vector<Patch> made;
    for (int i = 0; i < kParts * kParts; ++i) made.push_back(cubic_patch(i % kParts, i / kParts));
    return made;
  }();
  return patches;
}

/// Sums of whole numbers below 2^24, so single precision is exact.
std::array<float, 3> patch_sum(const Picture& picture, int left, int top, const Patch& patch) {
  std::array<float, 3> sum{};
  for (int y = std::max(0, -top); y < std::min(4, picture.height - top); ++y) {
    for (int x = std::max(0, -left); x < std::min(4, picture.width - left); ++x) {
      const std::uint8_t* pixel = picture.pixel(left + x, top + y);
      const float weight = patch[static_cast<std::size_t>(4 * y + x)];
      for (std::size_t c = 0; c < 3; ++c) sum[c] += weight * static_cast<float>(pixel[c]);
    }
  }
  return sum;
}

std::uint8_t to_byte(float sum) {
  return static_cast<std::uint8_t>(std::clamp((static_cast<int>(sum) + kOne / 2) >> 15, 0, 255));
}

void match_size(const Picture& picture, Picture& result) {
  result.width = picture.width;
  result.height = picture.height;
  result.rgb.resize(picture.rgb.size());
}

}  // namespace

AxisWarp scale_about_middle(double scale, int length) {
  const double middle = (length - 1) / 2.0;
  return {scale, middle - scale * middle};
}

void warp_bilinear(const Picture& picture, const AxisWarp& x, const AxisWarp& y, Picture& result) {
  match_size(picture, result);
  thread_local std::vector<Pair> columns;
  thread_local std::vector<Pair> rows;
  thread_local std::vector<std::uint16_t> row;  // in parts
  place_pairs(x, picture.width, columns);
  place_pairs(y, picture.height, rows);
  row.resize(3 * static_cast<std::size_t>(picture.width));
  std::uint8_t* out = result.rgb.data();
  for (const Pair& down : rows) {
    const std::uint8_t* above = picture.pixel(0, down.first);
    const std::uint8_t* below = picture.pixel(0, down.second);
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = static_cast<std::uint16_t>((kParts - down.part) * above[i] + down.part * below[i]);
    }
    for (const Pair& across : columns) {
      const std::uint16_t* left = row.data() + std::ptrdiff_t{3} * across.first;
      const std::uint16_t* right = row.data() + std::ptrdiff_t{3} * across.second;
      for (int c = 0; c < 3; ++c) {
        const int sum = (kParts - across.part) * left[c] + across.part * right[c];
        *out++ = static_cast<std::uint8_t>((sum + 512) >> 10);
      }
    }
  }
}

void shift_cubic(std::span<const float> plane, int height, double shift_x, double shift_y, std::span<float> result) {
  const auto width = static_cast<int>(plane.size()) / height;
  const int from_x = source_part({1.0, shift_x}, 0);
  const int from_y = source_part({1.0, shift_y}, 0);
  const std::array<float, 4> across = weights_of_part(from_x & (kParts - 1));
  const std::array<float, 4> down = weights_of_part(from_y & (kParts - 1));
  thread_local std::vector<float> row;
  for (int y = 0; y < height; ++y) {
    row.assign(static_cast<std::size_t>(width), 0.0F);
    for (int i = 0; i < 4; ++i) {
      const int source = y + (from_y >> 5) - 1 + i;
      if (source < 0 || source >= height) continue;
      const float* values = plane.data() + std::ptrdiff_t{source} * width;
      for (int x = 0; x < width; ++x) row[static_cast<std::size_t>(x)] += down[static_cast<std::size_t>(i)] * values[x];
    }
    float* out = result.data() + std::ptrdiff_t{y} * width;
    for (int x = 0; x < width; ++x) {
      const int first = x + (from_x >> 5) - 1;
      float sum = 0.0F;
      for (int i = std::max(0, -first); i < std::min(4, width - first); ++i) {
        sum += across[static_cast<std::size_t>(i)] * row[static_cast<std::size_t>(first + i)];
      }
      out[x] = std::clamp(sum, 0.0F, 1.0F);
    }
  }
}

void displace_cubic(const Picture& picture,
                    std::span<const float> right,
                    std::span<const float> down,
                    Picture& result) {
  match_size(picture, result);
  const std::vector<Patch>& patches = cubic_patches();
  std::size_t i = 0;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x, ++i) {
      const int from_x = rounded((static_cast<double>(x) - static_cast<double>(right[i])) * kParts);
      const int from_y = rounded((static_cast<double>(y) - static_cast<double>(down[i])) * kParts);
      const Patch& patch = patches[static_cast<std::size_t>((from_y & 31) * kParts + (from_x & 31))];
      const std::array<float, 3> sum = patch_sum(picture, (from_x >> 5) - 1, (from_y >> 5) - 1, patch);
      for (std::size_t c = 0; c < 3; ++c) result.rgb[3 * i + c] = to_byte(sum[c]);
    }
  }
}

}  // namespace understudy
