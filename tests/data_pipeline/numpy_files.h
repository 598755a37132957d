#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace understudy {

/// A file of version 1 as NumPy writes it: the header is padded with blanks so that the numbers begin at a multiple
/// of 64.
inline std::string npy(const std::string& type,
                       const std::string& shape,
                       const std::string& data,
                       bool column_major = false) {
  std::string header = fmt::format(
      "{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}", type, column_major ? "True" : "False", shape);
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 0xFF);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header + data;
}

template <class T>
std::string raw(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace understudy
