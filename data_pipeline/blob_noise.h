#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "common/philox.h"

namespace understudy {

/// Smooth noise over the plane: simplex noise in the form of OpenSimplex (2-D), where every corner of the skewed
/// lattice within sqrt(2) adds (2 - d^2)^4 times a gradient. Each corner's gradient is drawn by itself from eight
/// directions, where OpenSimplex takes them from a shuffled table of 256; so fields of the same key are not those of
/// that library, but the distribution of their values is.
class SimplexNoise {
 public:
  /// Takes the key from the stream.
  explicit SimplexNoise(Draws& draws);
  /// In [-1, 1], mostly within 0.9; zero where a corner of the lattice lies.
  double at(double x, double y) const;

 private:
  double contribution(int column, int row, double x, double y) const;
  std::array<std::uint32_t, 2> key_;
};

enum class Upscaling : std::uint8_t { kNearest, kLinear, kCubic };

/// A map of blobs as imgaug 0.4.0 draws them for blending.
struct BlobMap {
  int size = 2;  ///< pixels along the longer side of the noise before it is enlarged
  Upscaling upscaling = Upscaling::kLinear;
  bool operator==(const BlobMap&) const = default;
};

/// Noise at the points (0, 0) ... of a small grid, from [-1, 1] to 0 ... 255, truncated, enlarged to width x height.
/// @param result  [height, width]; memory is used again
void draw_blobs(const BlobMap& map, Draws& draws, int width, int height, std::vector<std::uint8_t>& result);

}  // namespace understudy
