#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace understudy {

/// Reads a table with a line of names, row by row: fields between commas, blanks around a field dropped, quoted fields
/// with commas, line ends and doubled quotes (RFC 4180), LF or CR LF, a byte-order mark skipped, empty lines skipped.
/// Strict otherwise: every row has a field for each name.
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
  const std::string& field(std::size_t column) const { return fields_[column]; }
  /// The field as a number with a decimal point; "nan" and "inf" are numbers. @throws DataError  naming line and column
  double number(std::size_t column) const;
  /// @throws DataError  unless the field is a whole number without sign
  std::size_t whole_number(std::size_t column) const;
  /// Line that the row begins on, counted from 1.
  std::size_t line() const { return row_line_; }

 private:
  [[noreturn]] void fail(std::string_view reason) const;
  [[noreturn]] void fail_field(std::size_t column, std::string_view wanted) const;
  bool read_row();
  void skip_empty_lines();
  void read_field();
  void read_quoted_field();
  bool at_line_end() const;
  void take_line_end();
  void skip_blanks();

  std::string_view text_;
  std::string what_;
  std::size_t line_ = 1;
  std::size_t row_line_ = 1;
  std::vector<std::string> names_;
  std::vector<std::string> fields_;
};

}  // namespace understudy
