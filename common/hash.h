#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace understudy {

/// CRC-32C (Castagnoli), as in iSCSI: crc32c("123456789") = 0xE3069283. @param crc  result of the bytes before, 0 at
/// first
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t crc = 0);

/// SHA-256 of a stream of bytes.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  /// 64 lower-case hexadecimal digits of all bytes so far.
  std::string hex_digest() const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view text);

/// @throws FileError  when the file cannot be read
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace understudy
