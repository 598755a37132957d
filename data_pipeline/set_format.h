#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "data_pipeline/hdf5_file.h"

namespace understudy {

/// Names and numbers of format 1.0 (docs/data-format.md).
inline constexpr std::array<std::uint16_t, 2> kFormatVersion{1, 0};
inline constexpr std::string_view kSetManifestName = "set.toml";
inline constexpr std::string_view kIndexName = "index.h5";
inline constexpr std::string_view kSetFormat = "understudy.set";
inline constexpr std::string_view kIndexFormat = "understudy.index";
inline constexpr std::string_view kFramesFormat = "understudy.frames";
inline constexpr std::size_t kClipNameWidth = 64;
inline constexpr std::size_t kVideoNameWidth = 32;
inline constexpr std::size_t kIdentityNameWidth = 16;

/// What an annotation shard holds.
enum class AnnotationKind : std::uint8_t { kLandmark68, kMask, kSynthetic, kBox, kKeypoint10, kFlame, kPoseAu };
inline constexpr std::array kAnnotationKinds{AnnotationKind::kLandmark68,
                                             AnnotationKind::kMask,
                                             AnnotationKind::kSynthetic,
                                             AnnotationKind::kBox,
                                             AnnotationKind::kKeypoint10,
                                             AnnotationKind::kFlame,
                                             AnnotationKind::kPoseAu};
/// "landmark68", "mask", "synthetic", "box", "keypoint10", "flame", "pose_au"
std::string_view annotation_kind_name(AnnotationKind kind);

/// Bit 0 of `/frame/flags`; a set bit that this version does not know is an error.
inline constexpr std::uint8_t kFlagUsable = 1;
inline constexpr std::uint8_t kKnownFlags = kFlagUsable;

/// "frames-00007.h5"
std::string frame_shard_name(std::uint32_t shard);
/// "frames-00007.landmark68.h5"
/// @param generation  from 2 on it is named, "frames-00007.landmark68-2.h5": annotations that replace others never have
/// the name of those that the manifest lists
std::string annotation_shard_name(std::uint32_t shard, AnnotationKind kind, int generation = 1);
/// "understudy.landmark68"
std::string annotation_format(AnnotationKind kind);
/// Where a file is written until it is whole.
std::string partial_name(std::string_view name);

void write_format(Hdf5Writer& file, std::string_view format);
/// @throws DataError  for another kind of file or another major version
void require_format(const Hdf5Reader& file, std::string_view format, std::string_view path);
/// @throws DataError  unless the major version is this program's. @param what  the file
void require_version(std::uint64_t major, std::uint64_t minor, std::string_view what);

}  // namespace understudy
