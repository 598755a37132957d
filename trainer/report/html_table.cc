#include "trainer/report/html_table.h"

#include <cassert>

#include <fmt/format.h>

namespace understudy {
namespace {

std::string cell(const char* tag, bool number, const std::string& html) {
  return fmt::format("<{0}{1}>{2}</{0}>", tag, number ? " class=\"number\"" : "", html);
}

}  // namespace

void HtmlTable::add(const std::vector<std::string>& cells, bool emphasis) {
  assert(cells.size() == columns_.size());
  rows_ += emphasis ? "<tr class=\"emphasis\">" : "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) rows_ += cell("td", columns_[i].number, cells[i]);
  rows_ += "</tr>\n";
}

std::string HtmlTable::html() const {
  std::string head;
  for (const Column& column : columns_) head += cell("th", column.number, column.title);
  return fmt::format(
      "<div class=\"table\"><table><thead><tr>{}</tr></thead><tbody>\n{}</tbody></table></div>\n", head, rows_);
}

}  // namespace understudy
