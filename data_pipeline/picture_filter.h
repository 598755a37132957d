#pragma once

#include <array>
#include <span>
#include <vector>

#include "data_pipeline/picture.h"
#include "data_pipeline/planar_picture.h"

// Filters on 8-bit pictures with the arithmetic of OpenCV's. Borders are mirrored about the outermost pixel centres
// unless stated; a picture is at least two pixels wide and high. `result` may be used again and must be another
// picture; scratch memory is kept per thread.
namespace understudy {

/// Weights in 1/256, which add up to 256, of a Gaussian of `taps` places, an odd number: each is rounded from the
/// outside inwards with its error carried on, the middle takes what is left.
std::vector<int> gaussian_weights(double sigma, int taps);

/// Filters rows and columns with the same weights, whose sum is 256; exact, rounded once, half up.
void separable_blur(const Picture& picture, const std::vector<int>& weights, Picture& result);
/// The same on parts of the picture; the rest of the result is undefined.
void separable_blur(const Picture& picture,
                    const std::vector<int>& weights,
                    std::span<const Rectangle> parts,
                    Picture& result);

/// Correlates with a kernel, by rows; sums in single precision, rounded half to even.
void filter3x3(const Picture& picture, const std::array<float, 9>& kernel, Picture& result);

/// Mean over 2 x 2 pixels, of which the given is the lower right one, rounded up, or over 3 x 3, rounded.
/// @pre side 2 or 3
void mean_blur(const Picture& picture, int side, Picture& result);

/// Median of 3 x 3, each channel for itself; the border is repeated.
void median_blur(const Picture& picture, Picture& result);

/// Place of pixel `i` of a line of `length` after mirroring about the outermost pixel centres. @pre length >= 2
int mirrored(int i, int length);

}  // namespace understudy
