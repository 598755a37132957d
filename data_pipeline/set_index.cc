#include "data_pipeline/set_index.h"

#include <fmt/format.h>

#include "common/errors.h"
#include "common/hash.h"
#include "data_pipeline/set_format.h"
#include "data_pipeline/shard_tables.h"

namespace understudy {
namespace {

/// One member of every entry, as a column of the file.
template <typename T, typename Entry, typename Get>
std::vector<T> column(const std::vector<Entry>& entries, Get get) {
  std::vector<T> values;
  values.reserve(entries.size());
  for (const Entry& entry : entries) values.push_back(static_cast<T>(get(entry)));
  return values;
}

template <typename Entry>
std::vector<std::string> names(const std::vector<Entry>& entries) {
  return column<std::string>(entries, [](const Entry& entry) { return entry.name; });
}

/// First children of all parents, and their total: parent p owns [starts[p], starts[p + 1]).
template <typename Entry, typename Get>
std::vector<std::uint32_t> starts(const std::vector<Entry>& parents, Get first, std::size_t total) {
  auto values = column<std::uint32_t>(parents, first);
  values.push_back(static_cast<std::uint32_t>(total));
  return values;
}

std::vector<std::uint32_t> take_starts(
    TableReader& reader, const std::string& table, std::size_t parents, std::size_t children, const std::string& path) {
  auto values = reader.take<std::uint32_t>(table, parents + 1);
  bool good = values.front() == 0 && values.back() == children;
  for (std::size_t i = 0; good && i < parents; ++i) good = values[i] < values[i + 1];
  if (!good)
    throw DataError(fmt::format("{}: {} does not rise from 0 to {}; pack the set again", path, table, children));
  return values;
}

void read_clips(TableReader& reader, SetIndex& index) {
  const auto clip_names = reader.take_text("/clip/name", TableReader::kAnyRows);
  const std::size_t count = clip_names.size();
  const auto shard = reader.take<std::uint32_t>("/clip/shard", count);
  const auto clip_in_shard = reader.take<std::uint32_t>("/clip/clip_in_shard", count);
  const auto frames = reader.take<std::uint32_t>("/clip/frames", count);
  const auto usable = reader.take<std::uint32_t>("/clip/usable", count);
  const auto width = reader.take<std::uint16_t>("/clip/width", count);
  const auto height = reader.take<std::uint16_t>("/clip/height", count);
  const auto crc = reader.take<std::uint32_t>("/clip/content_crc32c", count);
  for (std::size_t i = 0; i < count; ++i) {
    index.clips.push_back({clip_names[i], 0, 0, frames[i], width[i], height[i]});
    index.places.push_back({shard[i], clip_in_shard[i], usable[i], crc[i]});
  }
}

void read_people(TableReader& reader, SetIndex& index, const std::string& path) {
  const auto identity_names = reader.take_text("/identity/name", TableReader::kAnyRows);
  const auto video_names = reader.take_text("/video/name", TableReader::kAnyRows);
  const auto first_video =
      take_starts(reader, "/identity/first_video", identity_names.size(), video_names.size(), path);
  const auto first_clip = take_starts(reader, "/identity/first_clip", identity_names.size(), index.clips.size(), path);
  const auto video_clip = take_starts(reader, "/video/first_clip", video_names.size(), index.clips.size(), path);
  for (std::uint32_t i = 0; i < identity_names.size(); ++i) {
    index.identities.push_back({identity_names[i],
                                first_video[i],
                                first_video[i + 1] - first_video[i],
                                first_clip[i],
                                first_clip[i + 1] - first_clip[i]});
    for (std::uint32_t v = first_video[i]; v < first_video[i + 1]; ++v) {
      index.videos.push_back({video_names[v], i, video_clip[v], video_clip[v + 1] - video_clip[v]});
      for (std::uint32_t c = video_clip[v]; c < video_clip[v + 1]; ++c) {
        index.clips[c].identity = i;
        index.clips[c].video = v;
      }
    }
    if (video_clip[first_video[i]] == first_clip[i]) continue;
    throw DataError(
        fmt::format("{}: videos and clips of identity {} do not agree; pack the set again", path, identity_names[i]));
  }
}

}  // namespace

void SetIndex::append(std::string_view identity, std::string_view video, ClipEntry clip, const ClipPlace& place) {
  const auto row = static_cast<std::uint32_t>(clips.size());
  if (identities.empty() || identities.back().name != identity) {
    identities.push_back({std::string(identity), static_cast<std::uint32_t>(videos.size()), 0, row, 0});
  }
  IdentityEntry& person = identities.back();
  if (person.videos == 0 || videos.back().name != video) {
    videos.push_back({std::string(video), static_cast<std::uint32_t>(identities.size() - 1), row, 0});
    ++person.videos;
  }
  ++person.clips;
  ++videos.back().clips;
  clip.identity = static_cast<std::uint32_t>(identities.size() - 1);
  clip.video = static_cast<std::uint32_t>(videos.size() - 1);
  clips.push_back(std::move(clip));
  places.push_back(place);
}

std::string SetIndex::fingerprint() const {
  Sha256 hash;
  hash.update(fmt::format("{} {}\n", kSetFormat, kFormatVersion[0]));
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const ClipEntry& clip = clips[i];
    hash.update(fmt::format("{}\t{}\t{}\t{}x{}\t{}\t{}\t{:08x}\n",
                            identities[clip.identity].name,
                            videos[clip.video].name,
                            clip.name,
                            clip.width,
                            clip.height,
                            clip.frames,
                            places[i].usable,
                            places[i].content_crc));
  }
  return hash.hex_digest();
}

void write_index(const std::filesystem::path& path, const SetIndex& index) {
  Hdf5Writer file(path);
  write_format(file, kIndexFormat);
  file.text_attribute("fingerprint", index.fingerprint());
  TableWriter tables(file);
  tables.add_text("/clip/name", names(index.clips), kClipNameWidth);
  tables.add("/clip/shard", column<std::uint32_t>(index.places, [](const ClipPlace& place) { return place.shard; }));
  tables.add("/clip/clip_in_shard",
             column<std::uint32_t>(index.places, [](const ClipPlace& place) { return place.clip_in_shard; }));
  tables.add("/clip/frames", column<std::uint32_t>(index.clips, [](const ClipEntry& clip) { return clip.frames; }));
  tables.add("/clip/usable", column<std::uint32_t>(index.places, [](const ClipPlace& place) { return place.usable; }));
  tables.add("/clip/width", column<std::uint16_t>(index.clips, [](const ClipEntry& clip) { return clip.width; }));
  tables.add("/clip/height", column<std::uint16_t>(index.clips, [](const ClipEntry& clip) { return clip.height; }));
  tables.add("/clip/content_crc32c",
             column<std::uint32_t>(index.places, [](const ClipPlace& place) { return place.content_crc; }));
  tables.add_text("/identity/name", names(index.identities), kIdentityNameWidth);
  tables.add_text("/video/name", names(index.videos), kVideoNameWidth);
  const auto video_of = [](const IdentityEntry& identity) { return identity.first_video; };
  const auto clip_of = [](const auto& parent) { return parent.first_clip; };
  tables.add("/identity/first_video", starts(index.identities, video_of, index.videos.size()));
  tables.add("/identity/first_clip", starts(index.identities, clip_of, index.clips.size()));
  tables.add("/video/first_clip", starts(index.videos, clip_of, index.clips.size()));
  tables.finish();
  file.close();
}

SetIndex read_index(const std::filesystem::path& path, std::string_view fingerprint) {
  const Hdf5Reader structure(path);
  const PlainFile file(path);
  require_format(structure, kIndexFormat, path.string());
  TableReader reader(structure, file);
  SetIndex index;
  read_clips(reader, index);
  read_people(reader, index, path.string());
  const std::string computed = index.fingerprint();
  for (const std::string& found : {structure.text_attribute("fingerprint"), computed}) {
    if (found == fingerprint) continue;
    throw DataError(
        fmt::format("{}: fingerprint {}, but the manifest says {}; index and manifest belong to different sets",
                    path.string(),
                    found,
                    fingerprint));
  }
  return index;
}

}  // namespace understudy
