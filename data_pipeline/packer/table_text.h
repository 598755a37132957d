#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace understudy {

/// A line of a text table.
struct TableRow {
  std::size_t line = 0;  ///< in the file, from 1
  std::vector<std::string> fields;
};

/// All rows of a file, fields parted by tabs, in lines without one by commas (`TableScanner`).
/// @throws DataError  when the file cannot be read
std::vector<TableRow> read_table(const std::filesystem::path& path);

/// Place of a column, told by its header. @returns nothing when the header does not name it
std::optional<std::size_t> column_of(const TableRow& header, std::string_view name);

}  // namespace understudy
