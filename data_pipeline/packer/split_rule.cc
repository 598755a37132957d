#include "data_pipeline/packer/split_rule.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "common/hash.h"
#include "common/philox.h"
#include "data_pipeline/packer/clip_name.h"
#include "data_pipeline/packer/folder_entries.h"
#include "data_pipeline/packer/table_text.h"
#include "data_pipeline/packer/vox_metadata.h"

namespace understudy {
namespace {

constexpr std::size_t kShownProblems = 20;

struct Lists {
  std::vector<std::pair<VoxMetadata, std::size_t>> metadata;  // and the number of the list
  std::map<std::string, std::pair<std::string, std::size_t>, std::less<>> entries;
};

/// "id/video", "id#video" and "id#video.mp4" are one entry.
std::string entry_key(const std::string& entry) {
  std::string key = clip_stem(entry);
  std::replace(key.begin(), key.end(), '/', '#');
  return key;
}

class ListReader {
 public:
  ListReader(const std::filesystem::path& path, std::size_t number, Lists& lists)
      : path_(path), number_(number), lists_(lists), table_(read_table(path)) {}

  void read() {
    if (table_.empty()) throw DataError(fmt::format("{}: the list is empty", path_.string()));
    const TableRow& header = table_.front();
    const std::optional<std::size_t> path_column = column_of(header, "path");
    if (column_of(header, "video_id")) {
      if (!column_of(header, "partition")) throw DataError(fmt::format("{}: has no column partition", path_.string()));
      lists_.metadata.emplace_back(VoxMetadata(path_), number_);
    } else if (path_column) {
      for (std::size_t i = 1; i < table_.size(); ++i) add_path(table_[i], *path_column);
    } else {
      for (const TableRow& row : table_) add_plain(row);
    }
    raise();
  }

 private:
  void add_path(const TableRow& row, std::size_t column) {
    if (column < row.fields.size()) {
      add(row, row.fields[column], path_.stem().string());
    } else {
      problems_.push_back(fmt::format("line {}: has no path", row.line));
    }
  }

  void add_plain(const TableRow& row) {
    const bool heading = &row == &table_.front() && row.fields.size() == 2 && row.fields[1] == "split";
    if (heading) return;
    if (row.fields.size() > 2) {
      problems_.push_back(fmt::format("line {}: {} columns instead of 1 or 2", row.line, row.fields.size()));
    } else {
      add(row, row.fields[0], row.fields.size() == 2 ? row.fields[1] : path_.stem().string());
    }
  }

  void add(const TableRow& row, const std::string& entry, const std::string& split) {
    if (is_split_name(split)) {
      lists_.entries[entry_key(entry)] = {split, number_};
    } else {
      problems_.push_back(
          fmt::format("line {}: split \"{}\" is no name of letters, digits, '-' and '_'", row.line, split));
    }
  }

  void raise() {
    if (problems_.empty()) return;
    const std::size_t count = problems_.size();
    if (count > kShownProblems) problems_.resize(kShownProblems);
    throw DataError(
        fmt::format("{}: {} lines cannot be understood\n  {}", path_.string(), count, fmt::join(problems_, "\n  ")));
  }

  const std::filesystem::path& path_;
  std::size_t number_;
  Lists& lists_;
  std::vector<TableRow> table_;
  std::vector<std::string> problems_;
};

/// What the lists say of a clip itself: the last one counts.
std::optional<std::string> exact_split(const Lists& lists, const ListedClip& clip) {
  std::optional<std::string> split;
  std::size_t last = 0;
  for (const auto& [metadata, number] : lists.metadata) {
    const VoxRow* row = metadata.find(clip.name);
    if (row == nullptr || row->partition.empty()) continue;
    split = row->partition;
    last = number;
  }
  const auto entry = lists.entries.find(clip.name);
  if (entry != lists.entries.end() && (!split || entry->second.second > last)) split = entry->second.first;
  return split;
}

std::optional<std::string> listed_split(const Lists& lists, const ListedClip& clip) {
  if (std::optional<std::string> split = exact_split(lists, clip)) return split;
  for (const std::string& key : {clip.identity + "#" + clip.video, clip.video, clip.identity}) {
    const auto entry = lists.entries.find(key);
    if (entry != lists.entries.end()) return entry->second.first;
  }
  return std::nullopt;
}

}  // namespace

SplitRule split_by_folder() {
  return [](const ListedClip& clip) -> std::optional<std::string> {
    return clip.split.empty() || clip.split == "dev" ? "train" : clip.split;
  };
}

SplitRule split_by_identity(std::uint64_t seed, double fraction) {
  if (!(fraction > 0 && fraction < 1)) {
    throw DataError(
        fmt::format("cannot hold out a fraction of {} of the identities; take one between 0 and 1", fraction));
  }
  return [seed, fraction](const ListedClip& clip) -> std::optional<std::string> {
    const std::uint64_t key = std::stoull(sha256_hex(clip.identity).substr(0, 16), nullptr, 16);
    return Draws(seed, Purpose::kHeldOutIdentity, key).coin(fraction) ? "val" : "train";
  };
}

SplitRule split_by_lists(const std::vector<std::filesystem::path>& lists) {
  Lists known;
  for (std::size_t number = 0; number < lists.size(); ++number) ListReader(lists[number], number, known).read();
  return [known = std::move(known)](const ListedClip& clip) { return listed_split(known, clip); };
}

SplitClips split_clips(const std::vector<ListedClip>& clips, const SplitRule& rule) {
  SplitClips result;
  for (const ListedClip& clip : clips) {
    if (const std::optional<std::string> split = rule(clip)) {
      result.splits[*split].push_back(clip);
    } else {
      ++result.left_out;
    }
  }
  return result;
}

}  // namespace understudy
