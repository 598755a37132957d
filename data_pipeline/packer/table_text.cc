#include "data_pipeline/packer/table_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/errors.h"

namespace understudy {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \r"), text.size());
  const std::size_t end = text.find_last_not_of(" \r");
  return end == std::string_view::npos ? "" : text.substr(begin, end - begin + 1);
}

/// Takes a field in quotes, in which two quotes stand for one, and what follows up to the separator.
std::string take_quoted(std::string_view& rest, char separator) {
  std::string field;
  rest.remove_prefix(1);
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c != '"') {
      field += c;
    } else if (rest.starts_with('"')) {
      field += '"';
      rest.remove_prefix(1);
    } else {
      break;
    }
  }
  rest.remove_prefix(std::min(rest.find(separator), rest.size()));
  return field;
}

std::vector<std::string> fields_of(std::string_view line) {
  const char separator = line.find('\t') != std::string_view::npos ? '\t' : ',';
  std::vector<std::string> fields;
  for (std::string_view rest = line;;) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (rest.starts_with('"')) {
      fields.push_back(take_quoted(rest, separator));
    } else {
      const std::size_t end = std::min(rest.find(separator), rest.size());
      fields.emplace_back(trimmed(rest.substr(0, end)));
      rest.remove_prefix(end);
    }
    if (rest.empty()) return fields;
    rest.remove_prefix(1);
  }
}

std::string contents_of(const std::filesystem::path& path) {
  try {
    return read_file(path);
  } catch (const FileError& error) {
    throw DataError(error.what());  // an input that cannot be read is the user's to mend
  }
}

}  // namespace

std::vector<TableRow> read_table(const std::filesystem::path& path) {
  const std::string text = contents_of(path);
  std::string_view rest = text;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  std::vector<TableRow> rows;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view content = trimmed(rest.substr(0, end));
    if (!content.empty()) rows.push_back({line, fields_of(content)});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return rows;
}

std::optional<std::size_t> column_of(const TableRow& header, std::string_view name) {
  const auto found = std::find(header.fields.begin(), header.fields.end(), name);
  if (found == header.fields.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header.fields.begin());
}

}  // namespace understudy
