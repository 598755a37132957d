#include "data_pipeline/csv_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kNamesShown = 12;

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

template <class Number>
std::optional<Number> parse(std::string_view text) {
  Number number{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || end != last) return std::nullopt;
  return number;
}

}  // namespace

CsvReader::CsvReader(std::string_view text, std::string what) : text_(text), what_(std::move(what)) {
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  if (!read_row()) throw DataError(fmt::format("{}: the table is empty; its first line names the columns", what_));
  names_ = std::move(fields_);
  std::vector<std::string> sorted = names_;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) fail(fmt::format("the column \"{}\" is there twice", *twice));
}

std::optional<std::size_t> CsvReader::find_column(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names_.begin());
}

std::size_t CsvReader::column(std::string_view name) const {
  if (const auto found = find_column(name)) return *found;
  const auto shown = static_cast<std::ptrdiff_t>(std::min(names_.size(), kNamesShown));
  throw DataError(fmt::format("{}: there is no column \"{}\"; the first line names {}{}",
                              what_,
                              name,
                              fmt::join(names_.begin(), names_.begin() + shown, ", "),
                              names_.size() > kNamesShown ? ", ..." : ""));
}

bool CsvReader::next() {
  if (!read_row()) return false;
  if (fields_.size() != names_.size())
    fail(fmt::format("{} fields for {} columns; is a comma a decimal sign?", fields_.size(), names_.size()));
  return true;
}

double CsvReader::number(std::size_t column) const {
  const auto number = parse<double>(fields_[column]);
  if (!number) fail_field(column, "a number");
  return *number;
}

std::size_t CsvReader::whole_number(std::size_t column) const {
  const auto number = parse<std::size_t>(fields_[column]);
  if (!number) fail_field(column, "a whole number");
  return *number;
}

void CsvReader::fail(std::string_view reason) const {
  throw DataError(fmt::format("{}: line {}: {}", what_, row_line_, reason));
}

void CsvReader::fail_field(std::size_t column, std::string_view wanted) const {
  fail(fmt::format("column \"{}\" holds \"{}\", not {}", names_[column], fields_[column].substr(0, 40), wanted));
}

bool CsvReader::read_row() {
  skip_empty_lines();
  row_line_ = line_;
  if (text_.empty()) return false;
  fields_.clear();
  while (true) {
    fields_.emplace_back();
    read_field();
    if (text_.empty() || at_line_end()) break;
    text_.remove_prefix(1);  // the comma
  }
  take_line_end();
  return true;
}

void CsvReader::skip_empty_lines() {
  while (!text_.empty() && at_line_end()) take_line_end();
}

void CsvReader::read_field() {
  skip_blanks();
  if (!text_.empty() && text_.front() == '"') return read_quoted_field();
  std::size_t end = 0;
  while (end < text_.size() && text_[end] != ',' && text_[end] != '\n') {
    if (text_[end] == '"') fail("a quote within a field that does not begin with one");
    ++end;
  }
  std::string_view field = text_.substr(0, end);
  if (field.ends_with('\r') && end < text_.size() && text_[end] == '\n') --end;
  field = text_.substr(0, end);
  while (!field.empty() && is_blank(field.back())) field.remove_suffix(1);
  fields_.back() = field;
  text_.remove_prefix(end);
}

void CsvReader::read_quoted_field() {
  text_.remove_prefix(1);
  while (true) {
    const std::size_t quote = text_.find('"');
    if (quote == std::string_view::npos) fail("a quoted field has no end");
    fields_.back() += text_.substr(0, quote);
    text_.remove_prefix(quote + 1);
    if (!text_.starts_with('"')) break;
    fields_.back() += '"';
    text_.remove_prefix(1);
  }
  const auto inner_lines = std::count(fields_.back().begin(), fields_.back().end(), '\n');
  line_ += static_cast<std::size_t>(inner_lines);
  skip_blanks();
  if (!text_.empty() && text_.front() != ',' && !at_line_end()) fail("text behind the end of a quoted field");
}

bool CsvReader::at_line_end() const {
  return text_.starts_with('\n') || text_.starts_with("\r\n");
}

void CsvReader::take_line_end() {
  if (text_.empty()) return;
  text_.remove_prefix(text_.starts_with('\r') ? 2 : 1);
  ++line_;
}

void CsvReader::skip_blanks() {
  while (!text_.empty() && is_blank(text_.front())) text_.remove_prefix(1);
}

}  // namespace understudy
