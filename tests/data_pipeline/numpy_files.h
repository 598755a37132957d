#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
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

inline std::string little_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

/// As zip files have it, bit by bit.
inline std::uint32_t crc32_of(const std::string& bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

/// A zip of stored files. @param method  what the archive says of their packing: 0 stored
inline std::string zip(const std::vector<std::pair<std::string, std::string>>& files, int method = 0) {
  std::string body;
  std::string directory;
  for (const auto& [name, contents] : files) {
    const std::string common = little_endian(0, 2) + little_endian(static_cast<std::uint64_t>(method), 2) +
                               little_endian(0, 4) + little_endian(crc32_of(contents), 4) +
                               little_endian(contents.size(), 4) + little_endian(contents.size(), 4) +
                               little_endian(name.size(), 2) + little_endian(0, 2);
    directory += "PK\x01\x02" + little_endian(20, 2) + little_endian(20, 2) + common + little_endian(0, 10) +
                 little_endian(body.size(), 4) + name;
    body += "PK\x03\x04" + little_endian(20, 2) + common + name + contents;
  }
  return body + directory + "PK\x05\x06" + little_endian(0, 4) + little_endian(files.size(), 2) +
         little_endian(files.size(), 2) + little_endian(directory.size(), 4) + little_endian(body.size(), 4) +
         little_endian(0, 2);
}

}  // namespace understudy
