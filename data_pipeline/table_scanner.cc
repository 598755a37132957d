#include "data_pipeline/table_scanner.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

TableScanner::TableScanner(std::string_view text, std::string what, std::string_view separators)
    : text_(text), what_(std::move(what)), separators_(separators) {
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
}

bool TableScanner::next() {
  skip_empty_lines();
  row_line_ = line_;
  if (text_.empty()) return false;
  separator_ = separator_of_line();
  fields_.clear();
  while (true) {
    fields_.emplace_back();
    read_field();
    if (text_.empty() || at_line_end()) break;
    text_.remove_prefix(1);  // the separator
  }
  take_line_end();
  return true;
}

void TableScanner::fail(std::string_view reason) const {
  throw DataError(fmt::format("{}: line {}: {}", what_, row_line_, reason));
}

/// Blanks that begin a row belong to no field either, except a tab, which may part two.
void TableScanner::skip_empty_lines() {
  while (true) {
    text_.remove_prefix(std::min(text_.find_first_not_of(' '), text_.size()));
    if (!at_line_end()) return;
    take_line_end();
  }
}

char TableScanner::separator_of_line() const {
  const std::string_view line = text_.substr(0, text_.find('\n'));
  for (const char separator : separators_) {
    if (line.find(separator) != std::string_view::npos) return separator;
  }
  return separators_.back();
}

void TableScanner::read_field() {
  skip_blanks();
  if (!text_.empty() && text_.front() == '"') return read_quoted_field();
  std::size_t end = 0;
  while (end < text_.size() && text_[end] != separator_ && text_[end] != '\n') {
    if (text_[end] == '"') fail("a quote within a field that does not begin with one");
    ++end;
  }
  if (end > 0 && text_[end - 1] == '\r' && end < text_.size() && text_[end] == '\n') --end;
  std::string_view field = text_.substr(0, end);
  while (!field.empty() && is_blank(field.back())) field.remove_suffix(1);
  fields_.back() = field;
  text_.remove_prefix(end);
}

void TableScanner::read_quoted_field() {
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
  if (!text_.empty() && text_.front() != separator_ && !at_line_end()) fail("text behind the end of a quoted field");
}

bool TableScanner::at_line_end() const {
  return text_.starts_with('\n') || text_.starts_with("\r\n");
}

void TableScanner::take_line_end() {
  if (text_.empty()) return;
  text_.remove_prefix(text_.starts_with('\r') ? 2 : 1);
  ++line_;
}

bool TableScanner::is_blank(char c) const {
  return c == ' ' || (c == '\t' && separator_ != '\t');
}

void TableScanner::skip_blanks() {
  while (!text_.empty() && is_blank(text_.front())) text_.remove_prefix(1);
}

}  // namespace understudy
