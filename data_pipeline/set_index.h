#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace understudy {

/// A person. Videos and clips of an identity are consecutive rows.
struct IdentityEntry {
  std::string name;
  std::uint32_t first_video = 0;
  std::uint32_t videos = 0;
  std::uint32_t first_clip = 0;
  std::uint32_t clips = 0;
};

/// A recording that clips were cut from.
struct VideoEntry {
  std::string name;
  std::uint32_t identity = 0;
  std::uint32_t first_clip = 0;
  std::uint32_t clips = 0;
};

struct ClipEntry {
  std::string name;
  std::uint32_t identity = 0;
  std::uint32_t video = 0;
  std::uint32_t frames = 0;
  int width = 0;
  int height = 0;
};

/// Where a clip is stored and what its frames must add up to.
struct ClipPlace {
  std::uint32_t shard = 0;
  std::uint32_t clip_in_shard = 0;
  std::uint32_t usable = 0;       ///< frames whose usable flag is set
  std::uint32_t content_crc = 0;  ///< `FrameTables::content_crc`
};

/// `index.h5`: identities, videos and clips in sorted order, all that the sampler needs.
struct SetIndex {
  std::vector<IdentityEntry> identities;
  std::vector<VideoEntry> videos;
  std::vector<ClipEntry> clips;
  std::vector<ClipPlace> places;  ///< one a clip

  /// Appends a clip that follows in order, and its identity and video when they are new.
  void append(std::string_view identity, std::string_view video, ClipEntry clip, const ClipPlace& place);
  /// SHA-256 over names, sizes, frame counts and contents of all clips, but not over where they are stored.
  std::string fingerprint() const;
};

void write_index(const std::filesystem::path& path, const SetIndex& index);

/// @param fingerprint  that the manifest states. @throws DataError  for damage, or an index of another set
SetIndex read_index(const std::filesystem::path& path, std::string_view fingerprint);

}  // namespace understudy
