#include "data_pipeline/csv_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr std::size_t kNamesShown = 12;

template <class Number>
std::optional<Number> parse(std::string_view text) {
  Number number{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || end != last) return std::nullopt;
  return number;
}

}  // namespace

CsvReader::CsvReader(std::string_view text, std::string what) : scanner_(text, std::move(what)) {
  if (!scanner_.next())
    throw DataError(fmt::format("{}: the table is empty; its first line names the columns", scanner_.what()));
  names_ = scanner_.fields();
  std::vector<std::string> sorted = names_;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) scanner_.fail(fmt::format("the column \"{}\" is there twice", *twice));
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
                              scanner_.what(),
                              name,
                              fmt::join(names_.begin(), names_.begin() + shown, ", "),
                              names_.size() > kNamesShown ? ", ..." : ""));
}

bool CsvReader::next() {
  if (!scanner_.next()) return false;
  const std::size_t fields = scanner_.fields().size();
  if (fields != names_.size())
    scanner_.fail(fmt::format("{} fields for {} columns; is a comma a decimal sign?", fields, names_.size()));
  return true;
}

double CsvReader::number(std::size_t column) const {
  const auto number = parse<double>(field(column));
  if (!number) fail_field(column, "a number");
  return *number;
}

std::size_t CsvReader::whole_number(std::size_t column) const {
  const auto number = parse<std::size_t>(field(column));
  if (!number) fail_field(column, "a whole number");
  return *number;
}

void CsvReader::fail_field(std::size_t column, std::string_view wanted) const {
  scanner_.fail(fmt::format("column \"{}\" holds \"{}\", not {}", names_[column], field(column).substr(0, 40), wanted));
}

}  // namespace understudy
