#include "data_pipeline/shard_tables.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "common/errors.h"
#include "common/hash.h"

namespace understudy {
namespace {

constexpr char kCrcTable[] = "/table_crc32c";

}  // namespace

void TableWriter::remember(std::span<const std::byte> bytes) {
  crcs_.push_back(crc32c(bytes));
}

void TableWriter::add_text(const std::string& path, const std::vector<std::string>& texts, std::size_t least_width) {
  std::size_t width = least_width;
  for (const std::string& text : texts) {
    while (width < text.size()) width *= 2;
  }
  std::vector<std::byte> rows(texts.size() * width);
  for (std::size_t i = 0; i < texts.size(); ++i) std::memcpy(rows.data() + i * width, texts[i].data(), texts[i].size());
  remember(rows);
  file_.text_table(path, rows, width);
}

void TableWriter::finish() {
  file_.table(kCrcTable, std::span<const std::uint32_t>(crcs_), {crcs_.size()});
}

TableReader::TableReader(const Hdf5Reader& structure, const PlainFile& file) : structure_(structure), file_(file) {
  const TablePlace place = structure.locate(kCrcTable, Element::kU32, 1);
  crcs_.resize(place.extent[0]);
  file.read_at(place.offset, std::as_writable_bytes(std::span(crcs_)));
}

std::vector<std::string> TableReader::take_text(const std::string& path, std::uint64_t rows) {
  const TablePlace place = checked_place(path, Element::kText, rows, {});
  std::vector<char> bytes(place.bytes);
  read_checked(path, place, std::as_writable_bytes(std::span(bytes)));
  std::vector<std::string> texts;
  for (std::size_t start = 0; start < bytes.size(); start += place.element_bytes) {
    const std::string_view row(bytes.data() + start, place.element_bytes);
    texts.emplace_back(row.substr(0, row.find('\0')));
  }
  return texts;
}

TablePlace TableReader::checked_place(const std::string& path,
                                      Element element,
                                      std::uint64_t rows,
                                      std::vector<std::uint64_t> columns) {
  TablePlace place = structure_.locate(path, element, 1 + columns.size());
  columns.insert(columns.begin(), rows == kAnyRows ? place.extent[0] : rows);
  if (place.extent != columns) {
    throw DataError(fmt::format("{}: {} is {} where {} is wanted; restore the file or pack the set again",
                                file_.path().string(),
                                path,
                                fmt::join(place.extent, " x "),
                                fmt::join(columns, " x ")));
  }
  return place;
}

void TableReader::read_checked(const std::string& path, const TablePlace& place, std::span<std::byte> target) {
  file_.read_at(place.offset, target);
  const std::uint32_t found = crc32c(target);
  if (next_ >= crcs_.size()) {
    throw DataError(
        fmt::format("{}: {} has only {} entries, none for {}", file_.path().string(), kCrcTable, crcs_.size(), path));
  }
  const std::uint32_t stored = crcs_[next_++];
  if (found != stored) {
    throw DataError(
        fmt::format("{}: {} is damaged: CRC32C {:#010x}, stored {:#010x}; restore the file or pack the set again",
                    file_.path().string(),
                    path,
                    found,
                    stored));
  }
}

void require_ascending(std::span<const std::uint64_t> starts,
                       std::uint64_t last,
                       std::string_view file,
                       std::string_view table) {
  if (!starts.empty() && starts.front() == 0 && starts.back() == last && std::is_sorted(starts.begin(), starts.end()))
    return;
  throw DataError(fmt::format("{}: {} does not rise from 0 to {}; pack the set again", file, table, last));
}

}  // namespace understudy
