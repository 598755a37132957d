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

/// A text table as csv files and lists are: fields parted by tabs, in lines without one by commas; a field may stand in
/// double quotes; blanks around fields, line ends of Windows and a byte order mark are dropped; empty lines are no
/// rows.
/// @throws DataError  when the file cannot be read
std::vector<TableRow> read_table(const std::filesystem::path& path);

/// Place of a column, told by its header. @returns nothing when the header does not name it
std::optional<std::size_t> column_of(const TableRow& header, std::string_view name);

}  // namespace understudy
