#pragma once

#include <string>
#include <vector>

namespace understudy {

/// A table whose numbers stand below each other. Texts are HTML already.
class HtmlTable {
 public:
  struct Column {
    std::string title;
    bool number = false;
  };

  explicit HtmlTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// @param emphasis  a row to be seen first: the best, a slow rank, a total
  void add(const std::vector<std::string>& cells, bool emphasis = false);
  std::string html() const;

 private:
  std::vector<Column> columns_;
  std::string rows_;
};

}  // namespace understudy
