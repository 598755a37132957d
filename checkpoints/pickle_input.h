#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoints/file_reader.h"

namespace understudy::pickle {

/// Reads a range of a file from front to back through a small buffer. Every overrun is an error that names the byte.
class PickleInput {
 public:
  PickleInput(const FileReader& file, std::uint64_t begin, std::uint64_t end) : file_(file), next_(begin), end_(end) {}

  std::uint8_t byte();
  /// Little-endian unsigned integer of 1 to 8 bytes.
  std::uint64_t integer(int bytes);
  std::string text(std::uint64_t bytes);
  /// Up to the next newline, without it.
  std::string line();

  std::uint64_t position() const { return next_ - (buffer_.size() - used_); }
  const FileReader& file() const { return file_; }
  /// Throws CheckpointError with file and position.
  [[noreturn]] void fail(std::string_view reason) const;

 private:
  void refill();

  const FileReader& file_;
  std::uint64_t next_;  ///< first byte that is not in the buffer
  std::uint64_t end_;
  std::string buffer_;
  std::size_t used_ = 0;
};

}  // namespace understudy::pickle
