#include "data_pipeline/bilinear.h"

#include <algorithm>
#include <vector>

#include <immintrin.h>

namespace understudy {
namespace {

constexpr int kLanes = 8;
constexpr int kRowPadding = 3 * kLanes;

/// Where the outputs along one axis come from: source `first` with weight 1 - w and its right neighbour with weight w.
struct Axis {
  std::vector<int> first;
  std::vector<float> weight;
};

/// Pixel centres, as torch computes them in single precision.
void place(int from, int to, Axis& axis) {
  const int padded = (to + kLanes - 1) / kLanes * kLanes;
  axis.first.resize(static_cast<std::size_t>(padded));
  axis.weight.resize(static_cast<std::size_t>(padded));
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  for (int i = 0; i < padded; ++i) {
    const float centre = std::max(scale * (static_cast<float>(std::min(i, to - 1)) + 0.5F) - 0.5F, 0.0F);
    const int first = std::min(static_cast<int>(centre), from - 1);
    axis.first[static_cast<std::size_t>(i)] = first;
    axis.weight[static_cast<std::size_t>(i)] = centre - static_cast<float>(first);
  }
}

/// A row between two source rows, in units of bytes; its last pixel is repeated for neighbours past the edge.
UNDERSTUDY_INLINE void blend_rows(
    const std::uint8_t* above, const std::uint8_t* below, float weight, int width, float* row) {
  for (int x = 0; x < width; ++x) {
    row[x] = static_cast<float>(above[x]) * (1.0F - weight) + static_cast<float>(below[x]) * weight;
  }
  std::fill_n(row + width, kRowPadding, row[width - 1]);
}

/// 1/255 as the sum of a number of few bits, whose product with a byte is exact, and the rest: correctly rounded
/// quotients byte / 255 without a division.
constexpr float kHigh = 0x1.01p-8F;
constexpr float kLow = static_cast<float>(1.0 / 255.0 - static_cast<double>(kHigh));

UNDERSTUDY_INLINE float unit(float bytes) {
  return bytes * kHigh + bytes * kLow;
}

void sample_row_default(const float* row, const Axis& axis, int size, float* out) {
  for (int x = 0; x < size; ++x) {
    const auto i = static_cast<std::size_t>(x);
    const float* at = row + axis.first[i];
    out[x] = unit(at[0] * (1.0F - axis.weight[i]) + at[1] * axis.weight[i]);
  }
}

/// Eight values row[first[i]]. The indices grow and mostly lie within 16 neighbours, where permutations of two loaded
/// vectors are several times faster than a gather.
UNDERSTUDY_AVX2 inline __m256 pick(const float* row, int base, __m256i offset, __m256i upper) {
  const __m256 low = _mm256_permutevar8x32_ps(_mm256_loadu_ps(row + base), offset);
  const __m256 high = _mm256_permutevar8x32_ps(_mm256_loadu_ps(row + base + kLanes), offset);
  return _mm256_blendv_ps(low, high, _mm256_castsi256_ps(upper));
}

UNDERSTUDY_AVX2 void sample_row_avx2(const float* row, const Axis& axis, int size, float* out) {
  const __m256 one = _mm256_set1_ps(1.0F);
  for (int x = 0; x < size; x += kLanes) {
    const int* first = axis.first.data() + x;
    const int base = first[0];
    const __m256i index = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(first));
    const __m256i offset = _mm256_sub_epi32(index, _mm256_set1_epi32(base));
    const int span = first[kLanes - 1] - base;
    __m256 left;
    __m256 right;
    if (span < kLanes) {
      left = _mm256_permutevar8x32_ps(_mm256_loadu_ps(row + base), offset);
      right = _mm256_permutevar8x32_ps(_mm256_loadu_ps(row + base + 1), offset);
    } else if (span < 2 * kLanes) {
      const __m256i upper = _mm256_cmpgt_epi32(offset, _mm256_set1_epi32(kLanes - 1));
      left = pick(row, base, offset, upper);
      right = pick(row + 1, base, offset, upper);
    } else {
      left = _mm256_i32gather_ps(row, index, 4);
      right = _mm256_i32gather_ps(row + 1, index, 4);
    }
    const __m256 weight = _mm256_loadu_ps(axis.weight.data() + x);
    const __m256 value = _mm256_add_ps(_mm256_mul_ps(left, _mm256_sub_ps(one, weight)), _mm256_mul_ps(right, weight));
    const __m256 result =
        _mm256_add_ps(_mm256_mul_ps(value, _mm256_set1_ps(kHigh)), _mm256_mul_ps(value, _mm256_set1_ps(kLow)));
    if (x + kLanes <= size) {
      _mm256_storeu_ps(out + x, result);
    } else {
      alignas(32) float last[kLanes];
      _mm256_store_ps(last, result);
      std::copy_n(last, size - x, out + x);
    }
  }
}

UNDERSTUDY_AVX2 void blend_rows_avx2(
    const std::uint8_t* above, const std::uint8_t* below, float weight, int width, float* row) {
  blend_rows(above, below, weight, width, row);
}
void blend_rows_default(const std::uint8_t* above, const std::uint8_t* below, float weight, int width, float* row) {
  blend_rows(above, below, weight, width, row);
}

UNDERSTUDY_INLINE void convert_row(const std::uint8_t* bytes, int width, float* out) {
  for (int x = 0; x < width; ++x) out[x] = unit(static_cast<float>(bytes[x]));
}
UNDERSTUDY_AVX2 void convert_row_avx2(const std::uint8_t* bytes, int width, float* out) {
  convert_row(bytes, width, out);
}
void convert_row_default(const std::uint8_t* bytes, int width, float* out) {
  convert_row(bytes, width, out);
}

/// Memory that a thread keeps between pictures.
struct Scratch {
  Axis across;
  Axis down;
  std::vector<float> row;
};

/// One plane of the cut-out.
struct Plane {
  const std::uint8_t* pixels;  ///< upper left corner
  std::ptrdiff_t stride;
  const std::uint8_t* row(int y) const { return pixels + y * stride; }
};

void resize_plane(const Plane& plane, const Rectangle& region, int size, CodePath path, Scratch& scratch, float* out) {
  const auto blend = use_avx2(path) ? blend_rows_avx2 : blend_rows_default;
  const auto sample = use_avx2(path) ? sample_row_avx2 : sample_row_default;
  for (int y = 0; y < size; ++y) {
    const int first = scratch.down.first[static_cast<std::size_t>(y)];
    const int second = std::min(first + 1, region.height - 1);
    const float weight = scratch.down.weight[static_cast<std::size_t>(y)];
    blend(plane.row(first), plane.row(second), weight, region.width, scratch.row.data());
    sample(scratch.row.data(), scratch.across, size, out + static_cast<std::ptrdiff_t>(y) * size);
  }
}

void convert_plane(const Plane& plane, int size, CodePath path, float* out) {
  const auto convert = use_avx2(path) ? convert_row_avx2 : convert_row_default;
  for (int y = 0; y < size; ++y) convert(plane.row(y), size, out + static_cast<std::ptrdiff_t>(y) * size);
}

}  // namespace

void resize_bilinear(const PlanarPicture& picture, const Rectangle& region, int size, float* result, CodePath path) {
  thread_local Scratch scratch;
  const bool same_size = region.width == size && region.height == size;
  if (!same_size) {
    place(region.width, size, scratch.across);
    place(region.height, size, scratch.down);
    scratch.row.resize(static_cast<std::size_t>(region.width + kRowPadding));
  }
  for (int channel = 0; channel < 3; ++channel) {
    const std::ptrdiff_t stride = picture.width();
    const Plane plane{picture.plane(channel) + region.top * stride + region.left, stride};
    float* out = result + static_cast<std::ptrdiff_t>(channel) * size * size;
    if (same_size) {
      convert_plane(plane, size, path, out);
    } else {
      resize_plane(plane, region, size, path, scratch, out);
    }
  }
}

}  // namespace understudy
