#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace understudy {

/// Octaves start ... start + count - 1 of a positional encoding.
struct Octaves {
  std::int64_t count;
  std::int64_t start;
};

/// sin and cos of coordinate * 2^octave * pi (FSRT Eq. 3, in the published code's order): all sines, coordinate by
/// coordinate and octave by octave, then all cosines. Phases are formed in float32 in every precision, because
/// trained weights contain their rounding: at octave 14 it moves a sine by 3e-3.
/// @param coordinates  [..., d]  @param precision  of the result  @return [..., 2 d count]
at::Tensor encode_positions(const at::Tensor& coordinates, Octaves octaves, at::ScalarType precision);

}  // namespace understudy
