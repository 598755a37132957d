#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data_pipeline/table_scanner.h"

namespace understudy {

/// Reads a table with a line of names, row by row, fields between commas (`TableScanner`). Strict: every row has a
/// field for each name.
class CsvReader {
 public:
  /// @param text  outlives the reader. @param what  the file, for messages
  /// @throws DataError  when there is no line of names, or a name twice
  CsvReader(std::string_view text, std::string what);

  const std::vector<std::string>& names() const { return names_; }
  std::optional<std::size_t> find_column(std::string_view name) const;
  /// @throws DataError  naming the column and those that are there
  std::size_t column(std::string_view name) const;

  /// Goes to the next row; false at the end. @throws DataError  naming the line, for a damaged row
  bool next();
  const std::string& field(std::size_t column) const { return scanner_.fields()[column]; }
  /// The field as a number with a decimal point; "nan" and "inf" are numbers. @throws DataError  naming line and column
  double number(std::size_t column) const;
  /// @throws DataError  unless the field is a whole number without sign
  std::size_t whole_number(std::size_t column) const;
  /// Line that the row begins on, counted from 1.
  std::size_t line() const { return scanner_.line(); }

 private:
  [[noreturn]] void fail_field(std::size_t column, std::string_view wanted) const;

  TableScanner scanner_;
  std::vector<std::string> names_;
};

}  // namespace understudy
