#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data_pipeline/npy_file.h"

namespace understudy {

/// NumPy's archive of named arrays (.npz): a zip of .npy files, stored or deflated. Only arrays that are asked for are
/// unpacked, so that others may be of any type. One thread at a time.
class NpzFile {
 public:
  /// @throws DataError  when it is no zip, is larger than `read_small_file` takes, or has no array or more than 1000
  /// entries
  explicit NpzFile(const std::filesystem::path& path);
  ~NpzFile();

  /// Of the arrays, without ".npy", in the order of the archive.
  const std::vector<std::string>& names() const { return names_; }
  bool has(std::string_view name) const;
  /// @throws DataError  when there is no such array; it is encrypted, damaged (CRC-32), packed in another way, or has
  /// more than `kMostSmallFileBytes`; and what `parse_npy` throws
  NpyArray read(std::string_view name) const;

 private:
  struct Archive;
  std::string path_;
  std::unique_ptr<Archive> archive_;
  std::vector<std::string> names_;
};

}  // namespace understudy
