#include "data_pipeline/packer/table_text.h"

#include <algorithm>

#include "data_pipeline/small_file.h"
#include "data_pipeline/table_scanner.h"

namespace understudy {

std::vector<TableRow> read_table(const std::filesystem::path& path) {
  const std::string text = read_small_file(path);
  TableScanner scanner(text, path.string(), "\t,");
  std::vector<TableRow> rows;
  while (scanner.next()) rows.push_back({scanner.line(), scanner.fields()});
  return rows;
}

std::optional<std::size_t> column_of(const TableRow& header, std::string_view name) {
  const auto found = std::find(header.fields.begin(), header.fields.end(), name);
  if (found == header.fields.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header.fields.begin());
}

}  // namespace understudy
