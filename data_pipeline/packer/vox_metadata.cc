#include "data_pipeline/packer/vox_metadata.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/packer/clip_name.h"
#include "data_pipeline/packer/table_text.h"

namespace understudy {
namespace {

constexpr std::size_t kShownProblems = 20;

/// Tables are written by pandas, which turns whole numbers of a column with gaps into "25.0".
std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value < 1e9)) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view without_zeros(std::string_view digits) {
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? digits.substr(0, 1) : digits.substr(first);
}

/// The name with start and end as plain numbers.
std::string plain_key(std::string_view clip_name) {
  const std::vector<std::string_view> parts = split(clip_name, '#');
  std::string key;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) key += '#';
    key += i < 2 ? parts[i] : without_zeros(parts[i]);
  }
  return key;
}

/// "video" or "video#person", the other way round and with the person in front once.
std::string recording_of(std::string_view video_id, std::string_view person) {
  std::vector<std::string_view> parts = split(video_id, '#');
  std::reverse(parts.begin(), parts.end());
  if (!person.empty() && parts.front() != person) parts.insert(parts.begin(), person);
  return fmt::format("{}", fmt::join(parts, "#"));
}

class RowReader {
 public:
  RowReader(const TableRow& header, const TableRow& row) : header_(header), row_(row) {}

  std::string_view text(std::string_view column) const {
    const std::optional<std::size_t> at = column_of(header_, column);
    return at && *at < row_.fields.size() ? std::string_view(row_.fields[*at]) : std::string_view();
  }

  double number(std::string_view column) const {
    if (const std::optional<double> value = number_of(text(column))) return *value;
    throw DataError(fmt::format("{} = \"{}\" is no number", column, text(column)));
  }

  std::int32_t whole(std::string_view column) const {
    const double value = number(column);
    if (value != std::floor(value)) throw DataError(fmt::format("{} = {} is no whole number", column, value));
    return static_cast<std::int32_t>(value);
  }

  PixelBox box() const {
    const std::vector<std::string_view> sides = split(text("bbox"), '-');
    PixelBox box{};
    for (std::size_t i = 0; i < box.size(); ++i) {
      const std::optional<double> side = sides.size() == box.size() ? number_of(sides[i]) : std::nullopt;
      if (!side) throw DataError(fmt::format("bbox = \"{}\" is not left-top-right-bottom", text("bbox")));
      box[i] = static_cast<std::int32_t>(*side);
    }
    if (box[0] < box[2] && box[1] < box[3]) return box;
    throw DataError(fmt::format("bbox = \"{}\" is empty", text("bbox")));
  }

 private:
  const TableRow& header_;
  const TableRow& row_;
};

VoxRow row_of(const RowReader& reader) {
  VoxRow row;
  const std::int32_t start = reader.whole("start");
  const std::int32_t end = reader.whole("end");
  if (end <= start) throw DataError(fmt::format("end = {} does not come after start = {}", end, start));
  row.frames = static_cast<std::uint32_t>(end - start);
  if (!reader.text("fps").empty()) {
    const double rate = reader.number("fps");
    if (rate <= 0 || rate > 1000) throw DataError(fmt::format("fps = {} is no frame rate", rate));
    row.rate = rate == std::floor(rate) ? FrameRate{static_cast<int>(rate), 1}
                                        : FrameRate{static_cast<int>(std::lround(rate * 1000)), 1000};
  }
  if (!reader.text("bbox").empty()) row.source_box = reader.box();
  if (!reader.text("width").empty() && !reader.text("height").empty()) {
    row.source_size = {reader.whole("width"), reader.whole("height")};
  }
  row.partition = reader.text("partition");
  if (!row.partition.empty() && !is_split_name(row.partition)) {
    throw DataError(fmt::format("partition = \"{}\" is no name of letters, digits, '-' and '_'", row.partition));
  }
  return row;
}

}  // namespace

VoxMetadata::VoxMetadata(const std::filesystem::path& path) {
  const std::vector<TableRow> table = read_table(path);
  for (const std::string_view column : {"video_id", "start", "end"}) {
    if (!table.empty() && column_of(table.front(), column)) continue;
    throw DataError(fmt::format(
        "{}: has no column {}; a vox-metadata.csv begins with video_id,start,end,bbox,fps,width,height,partition",
        path.string(),
        column));
  }
  std::vector<std::string> problems;
  for (std::size_t i = 1; i < table.size(); ++i) {
    const RowReader reader(table.front(), table[i]);
    try {
      const VoxRow row = row_of(reader);
      const std::string recording = recording_of(reader.text("video_id"), reader.text("person_id"));
      rows_.emplace(fmt::format("{}#{}#{}", recording, reader.whole("start"), reader.whole("end")), row);
    } catch (const DataError& error) {
      problems.push_back(fmt::format("line {}: {}", table[i].line, error.what()));
    }
  }
  if (problems.empty()) return;
  const std::size_t count = problems.size();
  if (count > kShownProblems) problems.resize(kShownProblems);
  throw DataError(fmt::format("{}: {} rows cannot be understood; mend or remove them\n  {}",
                              path.string(),
                              count,
                              fmt::join(problems, "\n  ")));
}

const VoxRow* VoxMetadata::find(std::string_view clip_name) const {
  const auto found = rows_.find(plain_key(clip_name));
  return found == rows_.end() ? nullptr : &found->second;
}

}  // namespace understudy
