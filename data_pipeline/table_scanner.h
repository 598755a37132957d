#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace understudy {

/// Parts a text table into rows of fields: blanks around a field are dropped, quoted fields hold separators, line ends
/// and doubled quotes (RFC 4180), lines end with LF or CR LF; a byte-order mark and empty lines are skipped.
class TableScanner {
 public:
  /// @param text  outlives the scanner. @param what  the file, for messages
  /// @param separators  a row's fields are parted by the first of these that its line holds
  TableScanner(std::string_view text, std::string what, std::string_view separators = ",");

  /// Goes to the next row; false at the end. @throws DataError  naming the line, for damaged quotes
  bool next();
  const std::vector<std::string>& fields() const { return fields_; }
  /// Line that the row begins on, counted from 1.
  std::size_t line() const { return row_line_; }
  const std::string& what() const { return what_; }
  /// @throws DataError  always, naming file and line
  [[noreturn]] void fail(std::string_view reason) const;

 private:
  void skip_empty_lines();
  char separator_of_line() const;
  void read_field();
  void read_quoted_field();
  bool at_line_end() const;
  void take_line_end();
  bool is_blank(char c) const;
  void skip_blanks();

  std::string_view text_;
  std::string what_;
  std::string separators_;
  char separator_ = ',';
  std::size_t line_ = 1;
  std::size_t row_line_ = 1;
  std::vector<std::string> fields_;
};

}  // namespace understudy
