#include "data_pipeline/packer/hdf5_catalog.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/packer/clip_name.h"
#include "data_pipeline/packer/clip_reading.h"
#include "data_pipeline/packer/group_pattern.h"
#include "data_pipeline/packer/listing_builder.h"

namespace understudy {
namespace {

using ClipValues = std::map<std::string, std::string>;  // by kClipValues

std::map<std::string, std::string> wanted_values(const Hdf5Mapping& mapping) {
  std::map<std::string, std::string> wanted{{"name", mapping.name},
                                            {"identity", mapping.identity},
                                            {"video", mapping.video},
                                            {"clip", mapping.clip},
                                            {"split", mapping.split}};
  std::erase_if(wanted, [](const auto& value) { return value.second.empty(); });
  return wanted;
}

/// @param number  of the clip, where nothing names it
ClipName name_of(const ClipValues& values, const std::string& number) {
  const auto value = [&](const char* name, const std::string& otherwise) {
    const auto found = values.find(name);
    return found == values.end() ? otherwise : found->second;
  };
  if (values.contains("name")) return parse_clip_name(values.at("name"));
  const std::string clip = value("clip", number);
  const bool has_video = values.contains("video");
  return join_clip_name(value("identity", ""), has_video ? values.at("video") : clip, has_video ? clip : "000");
}

std::string shown(const std::vector<std::string>& groups) {
  constexpr std::size_t kShown = 5;
  if (groups.empty()) return "no group at all";
  const auto end = groups.begin() + static_cast<std::ptrdiff_t>(std::min(groups.size(), kShown));
  return fmt::format("\"/{}\"", fmt::join(groups.begin(), end, "\", \"/"));
}

class Cataloguer {
 public:
  Cataloguer(const Hdf5Mapping& mapping, Problems& problems) : mapping_(mapping), problems_(problems) {}

  void groups(const Hdf5Input& file) {
    const GroupPattern pattern(mapping_.group);
    std::vector<std::string> path;
    visit(file, pattern, path);
  }

  void rows(const Hdf5Input& file) {
    std::optional<FrameTable> frames;
    try {
      frames = require_frame_table(file, mapping_.frames);
    } catch (const DataError& error) {
      problems_.add_key("hdf5.frames", error.what());
      return;
    }
    const std::vector<std::uint64_t> bounds =
        mapping_.first.empty() ? runs(file, frames->frames) : starts(file, frames->frames);
    if (bounds.empty()) return;
    const std::map<std::string, std::vector<std::string>> columns = columns_of(file, bounds.size() / 2, frames->frames);
    for (std::size_t clip = 0; clip < bounds.size() / 2; ++clip) {
      add_rows(file, clip, bounds[2 * clip], bounds[2 * clip + 1], columns, frames->frames);
    }
  }

  Hdf5Catalog finish() && {
    if (mapping_.clips == Hdf5Clips::kGroups && visited_ == 0) {
      problems_.add_key("hdf5.group",
                        fmt::format("no group is like \"{}\"; the files begin with {}", mapping_.group, some_groups_));
    } else if (mapping_.clips == Hdf5Clips::kGroups && catalog_.places.empty()) {
      problems_.add_key("hdf5.frames", fmt::format("none of {} groups can be a clip: {}", visited_, first_fault_));
    }
    catalog_.listing = std::move(builder_).finish();
    return std::move(catalog_);
  }

 private:
  void visit(const Hdf5Input& file, const GroupPattern& pattern, std::vector<std::string>& path) {
    const std::string group = fmt::format("/{}", fmt::join(path, "/"));
    if (path.size() == pattern.depth()) {
      add_group(file, group, *pattern.match(path));
      return;
    }
    const std::vector<std::string> names = file.groups(group);
    if (path.empty() && some_groups_.empty()) some_groups_ = shown(names);
    for (const std::string& name : names) {
      if (!pattern.may_match(path.size(), name)) continue;
      path.push_back(name);
      visit(file, pattern, path);
      path.pop_back();
    }
  }

  void add_group(const Hdf5Input& file, const std::string& group, ClipValues values) {
    ++visited_;
    const std::string source = fmt::format("{}:{}", file.path().filename().string(), group);
    try {
      for (const auto& [name, place] : wanted_values(mapping_)) values[name] = group_value(file, group, place);
      const std::string table = fmt::format("{}/{}", group, mapping_.frames);
      const FrameTable frames = require_frame_table(file, table);
      const std::string landmarks = mapping_.landmarks.empty() ? "" : fmt::format("{}/{}", group, mapping_.landmarks);
      add(source, values, "000", {file.path(), {table, 0, frames.frames}, landmarks});
    } catch (const DataError& error) {
      if (first_fault_.empty()) first_fault_ = error.what();
      builder_.reject(source, RejectionReason::kUnreadable, one_line(error.what(), file.path().parent_path()));
    }
  }

  static std::string group_value(const Hdf5Input& file, const std::string& group, const std::string& place) {
    if (place.starts_with('@')) {
      if (const auto value = file.attribute(group, place.substr(1))) return *value;
      throw DataError(fmt::format(
          "{}: {} has no attribute \"{}\" with one text or number", file.path().string(), group, place.substr(1)));
    }
    const std::string table = fmt::format("{}/{}", group, place);
    if (!file.find(table)) throw DataError(fmt::format("{}: {} is no table", file.path().string(), table));
    return file.read_texts(table).front();
  }

  void add(const std::string& source, const ClipValues& values, const std::string& number, Hdf5Place place) {
    const auto split = values.find("split");
    builder_.add(source, split == values.end() ? "" : split->second, [&] { return name_of(values, number); });
    catalog_.places.emplace(source, std::move(place));
  }

  /// First row and end of each clip, from tables of them.
  std::vector<std::uint64_t> starts(const Hdf5Input& file, std::uint64_t frames) {
    const std::vector<std::uint64_t> first = numbers(file, "hdf5.first", mapping_.first);
    std::vector<std::uint64_t> length;
    if (!mapping_.length.empty()) {
      length = numbers(file, "hdf5.length", mapping_.length);
      if (length.size() != first.size()) {
        problems_.add_key(
            "hdf5.length",
            fmt::format("{}: {} lengths for {} clips", file.path().string(), length.size(), first.size()));
        return {};
      }
    }
    std::vector<std::uint64_t> bounds;
    for (std::size_t i = 0; i < first.size(); ++i) {
      bounds.push_back(first[i]);
      bounds.push_back(!length.empty() ? first[i] + length[i] : i + 1 < first.size() ? first[i + 1] : frames);
    }
    return bounds;
  }

  /// First row and end of each clip, from a value that changes where a clip ends.
  std::vector<std::uint64_t> runs(const Hdf5Input& file, std::uint64_t frames) {
    labels_ = texts(file, "hdf5.index", mapping_.index);
    if (labels_.size() != frames) {
      if (!labels_.empty()) {
        problems_.add_key("hdf5.index",
                          fmt::format("{}: {} values for {} frames", file.path().string(), labels_.size(), frames));
      }
      return {};
    }
    std::vector<std::uint64_t> bounds;
    for (std::uint64_t row = 0; row < frames; ++row) {
      if (row > 0 && labels_[row] == labels_[row - 1]) continue;
      if (row > 0) bounds.push_back(row);
      bounds.push_back(row);
    }
    bounds.push_back(frames);
    return bounds;
  }

  std::vector<std::uint64_t> numbers(const Hdf5Input& file, std::string_view key, const std::string& table) {
    try {
      if (file.find(table)) return file.read_numbers(table);
      problems_.add_key(key, fmt::format("{}: {} is no table", file.path().string(), table));
    } catch (const DataError& error) {
      problems_.add_key(key, error.what());
    }
    return {};
  }

  std::vector<std::string> texts(const Hdf5Input& file, std::string_view key, const std::string& table) {
    try {
      if (file.find(table)) return file.read_texts(table);
      problems_.add_key(key, fmt::format("{}: {} is no table", file.path().string(), table));
    } catch (const DataError& error) {
      problems_.add_key(key, error.what());
    }
    return {};
  }

  std::map<std::string, std::vector<std::string>> columns_of(const Hdf5Input& file,
                                                             std::size_t clips,
                                                             std::uint64_t frames) {
    std::map<std::string, std::vector<std::string>> columns;
    for (const auto& [name, table] : wanted_values(mapping_)) {
      const std::string key = fmt::format("hdf5.{}", name);
      std::vector<std::string> values = texts(file, key, table);
      if (values.size() == clips || values.size() == frames) {
        columns[name] = std::move(values);
      } else if (!values.empty()) {
        problems_.add_key(key,
                          fmt::format("{}: {} has {} values; there are {} clips of {} frames",
                                      file.path().string(),
                                      table,
                                      values.size(),
                                      clips,
                                      frames));
      }
    }
    return columns;
  }

  void add_rows(const Hdf5Input& file,
                std::size_t clip,
                std::uint64_t first,
                std::uint64_t end,
                const std::map<std::string, std::vector<std::string>>& columns,
                std::uint64_t frames) {
    const std::string source = fmt::format("{}:[{},{})", file.path().filename().string(), first, end);
    if (end <= first || end > frames) {
      builder_.reject(source, RejectionReason::kEmpty, fmt::format("rows {} to {} of {} frames", first, end, frames));
      return;
    }
    ClipValues values;
    for (const auto& [name, column] : columns) values[name] = column[column.size() == frames ? first : clip];
    const std::string number = labels_.empty() ? fmt::format("{:06}", clip) : labels_[first];
    add(source, values, number, {file.path(), {mapping_.frames, first, end - first}, mapping_.landmarks});
  }

  const Hdf5Mapping& mapping_;
  Problems& problems_;
  ListingBuilder builder_;
  Hdf5Catalog catalog_;
  std::vector<std::string> labels_;  ///< of each row, of a file that tells clips by them
  std::size_t visited_ = 0;
  std::string some_groups_;
  std::string first_fault_;
};

}  // namespace

Hdf5Catalog list_hdf5_clips(const std::vector<std::filesystem::path>& files,
                            const Hdf5Mapping& mapping,
                            Problems& problems) {
  Cataloguer cataloguer(mapping, problems);
  for (const std::filesystem::path& path : files) {
    const Hdf5Input file(path);
    if (mapping.clips == Hdf5Clips::kGroups) {
      cataloguer.groups(file);
    } else {
      cataloguer.rows(file);
    }
  }
  return std::move(cataloguer).finish();
}

}  // namespace understudy
