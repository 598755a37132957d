#include "data_pipeline/resize.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

/// An output place along one axis as a weighted sum of consecutive inputs.
struct Taps {
  int first = 0;
  std::vector<double> weights;
};

/// Index after mirroring about the centres of the first and last pixel, as often as needed.
int mirrored(int index, int count) {
  if (count == 1) return 0;
  const int period = 2 * (count - 1);
  const int wrapped = ((index % period) + period) % period;
  return wrapped < count ? wrapped : period - wrapped;
}

/// Gaussian weights at -radius ... radius, of sum one; a single one for an axis that does not shrink.
std::vector<double> gaussian(double sigma) {
  if (sigma <= 0) return {1.0};
  const int radius = static_cast<int>(4.0 * sigma + 0.5);
  std::vector<double> weights;
  double sum = 0;
  for (int i = -radius; i <= radius; ++i) {
    weights.push_back(std::exp(-0.5 * i * i / (sigma * sigma)));
    sum += weights.back();
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

/// Filter and interpolation in one, so that only what an output needs is filtered: a large frame that shrinks to a
/// small one costs a tenth of filtering all of it.
Taps taps_of(int output, int in, double step, const std::vector<double>& kernel) {
  const double place = (output + 0.5) * step - 0.5;
  const double below = std::floor(place);
  const int radius = static_cast<int>(kernel.size() / 2);
  std::vector<double> dense(static_cast<std::size_t>(in), 0.0);
  for (const int neighbour : {0, 1}) {
    const double share = neighbour == 1 ? place - below : 1.0 - (place - below);
    // The filtered signal is mirrored as the plain one is, so one index is mirrored twice.
    const int centre = mirrored(static_cast<int>(below) + neighbour, in);
    for (int i = -radius; i <= radius; ++i) {
      dense[static_cast<std::size_t>(mirrored(centre + i, in))] += share * kernel[static_cast<std::size_t>(i + radius)];
    }
  }
  const auto begin = std::find_if(dense.begin(), dense.end(), [](double w) { return w != 0; });
  const auto end = std::find_if(dense.rbegin(), dense.rend(), [](double w) { return w != 0; }).base();
  return {static_cast<int>(begin - dense.begin()), {begin, end}};
}

std::vector<Taps> axis_taps(int in, int out) {
  const double step = static_cast<double>(in) / out;
  const std::vector<double> kernel = gaussian((step - 1) / 2);
  std::vector<Taps> taps;
  for (int output = 0; output < out; ++output) taps.push_back(taps_of(output, in, step, kernel));
  return taps;
}

/// One output row before the horizontal pass: interleaved values in [0, 1], picture.width x 3.
void sum_rows(const Picture& picture, const Taps& taps, std::vector<double>& row) {
  std::fill(row.begin(), row.end(), 0.0);
  int y = taps.first;
  for (const double weight : taps.weights) {
    const double scaled = weight * (1.0 / 255.0);
    const std::uint8_t* source = picture.pixel(0, y++);
    for (std::size_t i = 0; i < row.size(); ++i) row[i] += scaled * source[i];
  }
}

double sum_columns(const std::vector<double>& row, const Taps& taps, std::size_t channel) {
  double sum = 0;
  std::size_t i = static_cast<std::size_t>(taps.first) * 3 + channel;
  for (const double weight : taps.weights) {
    sum += weight * row[i];
    i += 3;
  }
  return sum;
}

}  // namespace

PicturePlanes resize_like_skimage(const Picture& picture, int width, int height) {
  if (picture.width <= 0 || picture.height <= 0 || width <= 0 || height <= 0) {
    throw DataError(fmt::format(
        "cannot resize a picture of {} x {} to {} x {} pixels", picture.width, picture.height, width, height));
  }
  const std::vector<Taps> columns = axis_taps(picture.width, width);
  const std::vector<Taps> rows = axis_taps(picture.height, height);
  const std::size_t plane = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  PicturePlanes planes{width, height, std::vector<float>(3 * plane)};
  std::vector<double> row(static_cast<std::size_t>(picture.width) * 3);
  std::size_t pixel = 0;
  for (const Taps& vertical : rows) {
    sum_rows(picture, vertical, row);
    for (const Taps& horizontal : columns) {
      for (std::size_t c = 0; c < 3; ++c) {
        planes.values[c * plane + pixel] = static_cast<float>(sum_columns(row, horizontal, c));
      }
      ++pixel;
    }
  }
  return planes;
}

Picture to_picture(const PicturePlanes& planes) {
  Picture picture(planes.width, planes.height);
  const std::size_t plane = static_cast<std::size_t>(planes.width) * static_cast<std::size_t>(planes.height);
  for (std::size_t pixel = 0; pixel < plane; ++pixel) {
    for (std::size_t c = 0; c < 3; ++c) {
      const double value = std::clamp(static_cast<double>(planes.values[c * plane + pixel]), 0.0, 1.0);
      picture.rgb[pixel * 3 + c] = static_cast<std::uint8_t>(std::nearbyint(value * 255.0));
    }
  }
  return picture;
}

}  // namespace understudy
