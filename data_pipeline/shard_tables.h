#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data_pipeline/hdf5_file.h"
#include "data_pipeline/plain_file.h"

namespace understudy {

/// Writes the small tables of a shard and collects a CRC32C of each; `finish` stores these, in order of writing.
class TableWriter {
 public:
  explicit TableWriter(Hdf5Writer& file) : file_(file) {}

  template <typename T>
  void add(const std::string& path, const std::vector<T>& values, std::initializer_list<std::uint64_t> extent) {
    remember(std::as_bytes(std::span(values)));
    file_.table(path, std::span<const T>(values), extent);
  }
  template <typename T>
  void add(const std::string& path, const std::vector<T>& values) {
    add(path, values, {values.size()});
  }
  /// Rows of at least `least_width` characters, wider in steps of doubling when a text is longer.
  void add_text(const std::string& path, const std::vector<std::string>& texts, std::size_t least_width);
  void finish();

 private:
  void remember(std::span<const std::byte> bytes);
  Hdf5Writer& file_;
  std::vector<std::uint32_t> crcs_;
};

/// Reads tables in the order in which they were written and checks each against its CRC.
class TableReader {
 public:
  TableReader(const Hdf5Reader& structure, const PlainFile& file);

  /// @param rows     entries of the first dimension that the rest of the file implies, or `kAnyRows`
  /// @param columns  sizes of the further dimensions
  /// @throws DataError  for another type or extent, or a wrong CRC
  template <typename T>
  std::vector<T> take(const std::string& path, std::uint64_t rows, std::vector<std::uint64_t> columns = {}) {
    const TablePlace place = checked_place(path, element_of<T>(), rows, std::move(columns));
    std::vector<T> values(place.bytes / sizeof(T));
    read_checked(path, place, std::as_writable_bytes(std::span(values)));
    return values;
  }
  std::vector<std::string> take_text(const std::string& path, std::uint64_t rows);

  static constexpr std::uint64_t kAnyRows = ~std::uint64_t{0};

 private:
  TablePlace checked_place(const std::string& path,
                           Element element,
                           std::uint64_t rows,
                           std::vector<std::uint64_t> columns);
  void read_checked(const std::string& path, const TablePlace& place, std::span<std::byte> target);

  const Hdf5Reader& structure_;
  const PlainFile& file_;
  std::vector<std::uint32_t> crcs_;
  std::size_t next_ = 0;
};

/// Requires that `starts` begins with 0 and never falls. @throws DataError  naming file and table
void require_ascending(std::span<const std::uint64_t> starts,
                       std::uint64_t last,
                       std::string_view file,
                       std::string_view table);

}  // namespace understudy
