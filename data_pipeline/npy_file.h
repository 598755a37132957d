#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace understudy {

/// A table of numbers as NumPy stores it, converted to double, last index fastest.
struct NpyArray {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
};

/// Reads numbers of any whole or floating-point type of up to 8 bytes, either byte order, rows or columns first, format
/// versions 1 to 3 (.npy, NEP 1); nothing in the file is executed.
/// @param what  names the array in messages
/// @throws DataError  no .npy, cut short, longer than its header says, more than 2^26 numbers, or holding objects, text
/// or records
NpyArray parse_npy(std::string_view bytes, std::string_view what);

/// @throws DataError  as above, and what `read_small_file` throws
NpyArray read_npy(const std::filesystem::path& path);

/// "[206, 68, 2]", for messages.
std::string shape_text(const NpyArray& array);

}  // namespace understudy
