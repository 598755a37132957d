#include "data_pipeline/blob_noise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "data_pipeline/cubic_convolution.h"

namespace understudy {
namespace {

constexpr double kStretch = -0.21132486540518713;  // (1 / sqrt(3) - 1) / 2: from the plane to the skewed lattice
constexpr double kSquish = 0.36602540378443865;    // (sqrt(3) - 1) / 2: and back
constexpr double kLargest = 47.0;                  // by which sums of contributions are divided
constexpr std::array<std::array<double, 2>, 8> kGradients = {
    {{5, 2}, {2, 5}, {-5, 2}, {-2, 5}, {5, -2}, {2, -5}, {-5, -2}, {-2, -5}}};

/// An output place along one axis: four inputs and their weights.
struct Taps {
  std::array<std::size_t, 4> from;
  std::array<double, 4> weights;
};

Taps taps_at(int output, int in, int out, Upscaling upscaling) {
  const double scale = static_cast<double>(in) / out;
  const double centre = upscaling == Upscaling::kNearest ? output * scale : (output + 0.5) * scale - 0.5;
  const double below = std::floor(centre);
  const double t = centre - below;
  Taps taps{};
  for (int i = 0; i < 4; ++i) {
    taps.from[static_cast<std::size_t>(i)] =
        static_cast<std::size_t>(std::clamp(static_cast<int>(below) - 1 + i, 0, in - 1));
  }
  if (upscaling == Upscaling::kNearest) taps.weights = {0.0, 1.0, 0.0, 0.0};
  if (upscaling == Upscaling::kLinear) taps.weights = {0.0, 1.0 - t, t, 0.0};
  if (upscaling == Upscaling::kCubic) taps.weights = cubic_weights(t);
  return taps;
}

/// Enlarges rows, then columns, in double; rounded half up.
void enlarge(const std::vector<std::uint8_t>& small,
             int columns,
             int width,
             int height,
             Upscaling upscaling,
             std::vector<std::uint8_t>& result) {
  const auto rows = static_cast<int>(small.size()) / columns;
  result.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  std::vector<Taps> across;
  for (int x = 0; x < width; ++x) across.push_back(taps_at(x, columns, width, upscaling));
  std::vector<double> row(static_cast<std::size_t>(columns));
  std::uint8_t* out = result.data();
  for (int y = 0; y < height; ++y) {
    const Taps down = taps_at(y, rows, height, upscaling);
    for (std::size_t x = 0; x < row.size(); ++x) {
      row[x] = 0.0;
      for (std::size_t i = 0; i < 4; ++i) row[x] += down.weights[i] * small[down.from[i] * row.size() + x];
    }
    for (const Taps& taps : across) {
      double sum = 0.5;
      for (std::size_t i = 0; i < 4; ++i) sum += taps.weights[i] * row[taps.from[i]];
      *out++ = static_cast<std::uint8_t>(std::clamp(sum, 0.0, 255.0));
    }
  }
}

}  // namespace

SimplexNoise::SimplexNoise(Draws& draws) : key_{draws.bits32(), draws.bits32()} {}

double SimplexNoise::contribution(int column, int row, double x, double y) const {
  const double squish = (column + row) * kSquish;
  const double dx = x - (column + squish);
  const double dy = y - (row + squish);
  const double attenuation = 2 - dx * dx - dy * dy;
  if (attenuation <= 0) return 0.0;
  const std::uint32_t bits =
      philox4x32({static_cast<std::uint32_t>(column), static_cast<std::uint32_t>(row), 0, 0}, key_)[0];
  const auto& gradient = kGradients[bits >> 29];
  const double squared = attenuation * attenuation;
  return squared * squared * (gradient[0] * dx + gradient[1] * dy);
}

double SimplexNoise::at(double x, double y) const {
  const double stretch = (x + y) * kStretch;
  const auto column = static_cast<int>(std::floor(x + stretch));
  const auto row = static_cast<int>(std::floor(y + stretch));
  double sum = 0.0;
  for (int r = row - 1; r <= row + 2; ++r) {
    for (int c = column - 1; c <= column + 2; ++c) sum += contribution(c, r, x, y);
  }
  return sum / kLargest;
}

void draw_blobs(const BlobMap& map, Draws& draws, int width, int height, std::vector<std::uint8_t>& result) {
  const SimplexNoise noise(draws);
  const int longer = std::max(width, height);
  const int size = std::min(map.size, longer);
  const int columns = std::max(1, width * size / longer);
  const int rows = std::max(1, height * size / longer);
  std::vector<std::uint8_t> small;
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      small.push_back(static_cast<std::uint8_t>(std::clamp((noise.at(x, y) + 1) / 2, 0.0, 1.0) * 255));
    }
  }
  enlarge(small, columns, width, height, map.upscaling, result);
}

}  // namespace understudy
