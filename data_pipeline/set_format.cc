#include "data_pipeline/set_format.h"

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {

std::string_view annotation_kind_name(AnnotationKind kind) {
  constexpr std::array<std::string_view, kAnnotationKinds.size()> kNames{
      "landmark68", "mask", "synthetic", "box", "keypoint10", "flame", "pose_au"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::string frame_shard_name(std::uint32_t shard) {
  return fmt::format("frames-{:05}.h5", shard);
}

std::string annotation_shard_name(std::uint32_t shard, AnnotationKind kind, int generation) {
  const std::string suffix = generation > 1 ? fmt::format("-{}", generation) : "";
  return fmt::format("frames-{:05}.{}{}.h5", shard, annotation_kind_name(kind), suffix);
}

std::string annotation_format(AnnotationKind kind) {
  return fmt::format("understudy.{}", annotation_kind_name(kind));
}

std::string partial_name(std::string_view name) {
  return fmt::format("{}.partial", name);
}

void write_format(Hdf5Writer& file, std::string_view format) {
  file.text_attribute("format", std::string(format));
  file.u16_attribute("format_version", kFormatVersion);
}

void require_format(const Hdf5Reader& file, std::string_view format, std::string_view path) {
  const std::string found = file.text_attribute("format");
  if (found != format) {
    throw DataError(fmt::format(
        "{}: format is \"{}\" where \"{}\" is wanted; the files of the set were mixed up", path, found, format));
  }
  const auto version = file.version_attribute("format_version");
  require_version(version[0], version[1], path);
}

void require_version(std::uint64_t major, std::uint64_t minor, std::string_view what) {
  if (major == kFormatVersion[0]) return;
  throw DataError(fmt::format("{}: format version {}.{}, but this program reads {}.x; {}",
                              what,
                              major,
                              minor,
                              kFormatVersion[0],
                              major > kFormatVersion[0] ? "use a newer understudy" : "pack the set again"));
}

}  // namespace understudy
