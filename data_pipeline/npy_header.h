#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace understudy {

/// What the header of a .npy file says of the numbers behind it.
struct NpyHeader {
  char order = '<';  ///< of bytes: '<' or '=' little, '>' big, '|' none
  char kind = 'f';   ///< 'f' floating point, 'i' whole, 'u' whole without sign, 'b' truth values
  std::size_t size = 8;
  bool column_major = false;
  std::vector<std::int64_t> shape;  ///< at most 32 lengths
};

/// Reads {'descr': '<f4', 'fortran_order': False, 'shape': (206, 68, 2), }: these literals only, nothing is evaluated.
/// @param what  names the array in messages. @throws DataError  for anything else, and for types that are no number of
/// up to 8 bytes
NpyHeader parse_npy_header(std::string_view text, std::string_view what);

}  // namespace understudy
