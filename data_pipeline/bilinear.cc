#include "data_pipeline/bilinear.h"

#include <algorithm>
#include <array>
#include <vector>

#include <immintrin.h>

namespace understudy {
namespace {

constexpr int kLanes = 8;
constexpr float kUnit = static_cast<float>(1.0 / 255.0);
constexpr int kRowPadding = 3 * kLanes;

/// How far apart the sources of eight neighbouring outputs lie.
enum class Span { kNarrow, kMedium, kWide };

/// Where the outputs along one axis come from: source `first` and its right neighbour, each with its weight. Padded to
/// whole vectors.
struct Axis {
  std::vector<int> first;
  std::vector<int> offset;  ///< `first` relative to that of the vector's first lane
  std::vector<float> weight_first;
  std::vector<float> weight_next;
  Span span = Span::kNarrow;
};

Span span_of(const Axis& axis) {
  const int widest = *std::max_element(axis.offset.begin(), axis.offset.end());
  return widest < kLanes ? Span::kNarrow : widest < 2 * kLanes ? Span::kMedium : Span::kWide;
}

/// Pixel centres, as torch computes them in single precision. The weights of a pair sum up to `unit`.
void place(int from, int to, float unit, Axis& axis) {
  const auto padded = static_cast<std::size_t>((to + kLanes - 1) / kLanes * kLanes);
  axis.first.resize(padded);
  axis.offset.resize(padded);
  axis.weight_first.resize(padded);
  axis.weight_next.resize(padded);
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  for (std::size_t i = 0; i < padded; ++i) {
    const auto output = static_cast<float>(std::min(static_cast<int>(i), to - 1));
    const float centre = std::max(scale * (output + 0.5F) - 0.5F, 0.0F);
    const int first = std::min(static_cast<int>(centre), from - 1);
    const float weight = centre - static_cast<float>(first);
    axis.first[i] = first;
    axis.offset[i] = first - axis.first[i / kLanes * kLanes];
    axis.weight_first[i] = (1.0F - weight) * unit;
    axis.weight_next[i] = weight * unit;
  }
  axis.span = span_of(axis);
}

/// A row between two source rows, in units of bytes; its last pixel is repeated for neighbours past the edge.
UNDERSTUDY_INLINE void blend_rows(
    const std::uint8_t* above, const std::uint8_t* below, float weight, int width, float* row) {
  const float rest = 1.0F - weight;
  for (int x = 0; x < width; ++x) row[x] = static_cast<float>(above[x]) * rest + static_cast<float>(below[x]) * weight;
  std::fill_n(row + width, kRowPadding, row[width - 1]);
}

void sample_row_default(const float* row, const Axis& axis, int size, float* out) {
  for (int x = 0; x < size; ++x) {
    const auto i = static_cast<std::size_t>(x);
    const float* at = row + axis.first[i];
    out[x] = at[0] * axis.weight_first[i] + at[1] * axis.weight_next[i];
  }
}

/// Eight values row[base + offset]. The offsets grow and mostly stay below 16, where permutations of loaded vectors are
/// several times faster than a gather.
template <Span kSpan>
UNDERSTUDY_AVX2 inline __m256 pick(const float* row, __m256i offset) {
  if constexpr (kSpan == Span::kWide) return _mm256_i32gather_ps(row, offset, 4);
  const __m256 low = _mm256_permutevar8x32_ps(_mm256_loadu_ps(row), offset);
  if constexpr (kSpan == Span::kNarrow) return low;
  const __m256 high = _mm256_permutevar8x32_ps(_mm256_loadu_ps(row + kLanes), offset);
  const __m256i upper = _mm256_cmpgt_epi32(offset, _mm256_set1_epi32(kLanes - 1));
  return _mm256_blendv_ps(low, high, _mm256_castsi256_ps(upper));
}

template <Span kSpan>
UNDERSTUDY_AVX2 inline __m256 sample_eight(const float* row, const Axis& axis, std::size_t x) {
  const float* base = row + axis.first[x];
  const __m256i offset = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(axis.offset.data() + x));
  const __m256 first = _mm256_mul_ps(pick<kSpan>(base, offset), _mm256_loadu_ps(axis.weight_first.data() + x));
  const __m256 next = _mm256_mul_ps(pick<kSpan>(base + 1, offset), _mm256_loadu_ps(axis.weight_next.data() + x));
  return _mm256_add_ps(first, next);
}

template <Span kSpan>
UNDERSTUDY_AVX2 void sample_row_avx2(const float* row, const Axis& axis, int size, float* out) {
  const int whole = size / kLanes * kLanes;
  for (int x = 0; x < whole; x += kLanes) {
    _mm256_storeu_ps(out + x, sample_eight<kSpan>(row, axis, static_cast<std::size_t>(x)));
  }
  if (whole == size) return;
  alignas(32) float last[kLanes];
  _mm256_store_ps(last, sample_eight<kSpan>(row, axis, static_cast<std::size_t>(whole)));
  std::copy_n(last, size - whole, out + whole);
}

using SampleRow = void (*)(const float* row, const Axis& axis, int size, float* out);
SampleRow choose_sampler(Span span, CodePath path) {
  if (!use_avx2(path)) return sample_row_default;
  switch (span) {
    case Span::kNarrow:
      return sample_row_avx2<Span::kNarrow>;
    case Span::kMedium:
      return sample_row_avx2<Span::kMedium>;
    case Span::kWide:
      return sample_row_avx2<Span::kWide>;
  }
  return sample_row_default;
}

UNDERSTUDY_AVX2 void blend_rows_avx2(
    const std::uint8_t* above, const std::uint8_t* below, float weight, int width, float* row) {
  blend_rows(above, below, weight, width, row);
}
void blend_rows_default(const std::uint8_t* above, const std::uint8_t* below, float weight, int width, float* row) {
  blend_rows(above, below, weight, width, row);
}

/// 1/255 as the sum of a number of few bits, whose product with a byte is exact, and the rest: correctly rounded
/// quotients byte / 255 without a division.
constexpr float kHigh = 0x1.01p-8F;
constexpr float kLow = static_cast<float>(1.0 / 255.0 - static_cast<double>(kHigh));

UNDERSTUDY_INLINE float unit(float bytes) {
  return bytes * kHigh + bytes * kLow;
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
  std::array<std::vector<float>, 3> rows;
};

/// The cut-out: its three planes from its upper left corner on.
struct CutOut {
  std::array<const std::uint8_t*, 3> planes;
  std::ptrdiff_t stride;
  const std::uint8_t* row(std::size_t channel, int y) const { return planes[channel] + y * stride; }
};

/// The output: three planes of size x size.
struct Output {
  float* values;
  std::ptrdiff_t size;
  float* row(std::size_t channel, int y) const {
    return values + (static_cast<std::ptrdiff_t>(channel) * size + y) * size;
  }
};

/// All channels of a row are blended before the first of them is sampled: unaligned loads from values just stored would
/// wait for the stores.
void resize(const CutOut& from, const Rectangle& region, CodePath path, Scratch& scratch, const Output& to) {
  const auto blend = use_avx2(path) ? blend_rows_avx2 : blend_rows_default;
  const SampleRow sample = choose_sampler(scratch.across.span, path);
  const auto size = static_cast<int>(to.size);
  for (int y = 0; y < size; ++y) {
    const int first = scratch.down.first[static_cast<std::size_t>(y)];
    const int second = std::min(first + 1, region.height - 1);
    const float weight = scratch.down.weight_next[static_cast<std::size_t>(y)];
    for (std::size_t c = 0; c < 3; ++c) {
      blend(from.row(c, first), from.row(c, second), weight, region.width, scratch.rows[c].data());
    }
    for (std::size_t c = 0; c < 3; ++c) sample(scratch.rows[c].data(), scratch.across, size, to.row(c, y));
  }
}

void convert(const CutOut& from, CodePath path, const Output& to) {
  const auto convert_one = use_avx2(path) ? convert_row_avx2 : convert_row_default;
  const auto size = static_cast<int>(to.size);
  for (std::size_t c = 0; c < 3; ++c) {
    for (int y = 0; y < size; ++y) convert_one(from.row(c, y), size, to.row(c, y));
  }
}

}  // namespace

void resize_bilinear(const PlanarPicture& picture, const Rectangle& region, int size, float* result, CodePath path) {
  thread_local Scratch scratch;
  const std::ptrdiff_t stride = picture.width();
  const std::ptrdiff_t corner = region.top * stride + region.left;
  const CutOut from{{picture.plane(0) + corner, picture.plane(1) + corner, picture.plane(2) + corner}, stride};
  if (region.width == size && region.height == size) return convert(from, path, {result, size});
  place(region.width, size, kUnit, scratch.across);
  place(region.height, size, 1.0F, scratch.down);
  for (auto& row : scratch.rows) row.resize(static_cast<std::size_t>(region.width + kRowPadding));
  resize(from, region, path, scratch, {result, size});
}

}  // namespace understudy
