#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <hdf5.h>

#include "common/errors.h"
#include "common/hash.h"
#include "data_pipeline/set_manifest.h"

namespace understudy {

inline void flip_byte(const std::filesystem::path& path, std::uint64_t offset) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(offset));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(byte ^ 0x40));
}

/// Makes the manifest vouch for files that a test has changed on purpose, so that deeper checks are reached.
inline void vouch_again(const std::filesystem::path& folder) {
  SetManifest manifest = read_set_manifest(folder / kSetManifestName);
  manifest.index = measure_file(folder / manifest.index.file);
  for (ShardEntry& shard : manifest.shards) shard.file = measure_file(folder / shard.file.file);
  for (AnnotationEntry& entry : manifest.annotations) entry.file = measure_file(folder / entry.file.file);
  write_set_manifest(folder / kSetManifestName, manifest);
}

/// Opens a file for change through HDF5 itself.
inline void edit_hdf5(const std::filesystem::path& path, const std::function<void(hid_t)>& edit) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  ASSERT_GE(file, 0);
  edit(file);
  ASSERT_GE(H5Fclose(file), 0);
}

/// All values of a table, read by HDF5's own calls.
template <typename T>
std::vector<T> read_table(hid_t file, const char* name, hid_t memory_type) {
  const hid_t table = H5Dopen2(file, name, H5P_DEFAULT);
  const hid_t space = H5Dget_space(table);
  std::vector<T> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
  EXPECT_GE(H5Dread(table, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  H5Sclose(space);
  H5Dclose(table);
  return values;
}

template <typename T>
void write_table(hid_t file, const char* name, hid_t memory_type, const std::vector<T>& values) {
  const hid_t table = H5Dopen2(file, name, H5P_DEFAULT);
  EXPECT_GE(H5Dwrite(table, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  H5Dclose(table);
}

/// What the error of an action says; "" when there is none.
template <typename Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

}  // namespace understudy
