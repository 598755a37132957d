#include "data_pipeline/packer/hdf5_mapping.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "common/config.h"
#include "common/config_reader.h"
#include "common/errors.h"
#include "data_pipeline/packer/group_pattern.h"
#include "data_pipeline/small_file.h"

namespace understudy {
namespace {

void describe(ConfigVisitor& visitor, Hdf5Mapping& mapping) {
  constexpr KeyKind kMethod = KeyKind::kMethod;
  visitor.section("hdf5", "where an HDF5 file keeps clips");
  visitor.choice({"clips", kMethod, "what a clip is: a group, or rows of one table"},
                 mapping.clips,
                 {{"groups", Hdf5Clips::kGroups}, {"rows", Hdf5Clips::kRows}});
  visitor.text({"group", kMethod, "pattern of the groups that are clips"}, mapping.group);
  visitor.text({"frames", kMethod, "table of frames"}, mapping.frames);
  visitor.text({"landmarks", kMethod, "table of landmarks"}, mapping.landmarks);
  visitor.text({"first", kMethod, "first row of each clip"}, mapping.first);
  visitor.text({"length", kMethod, "rows of each clip"}, mapping.length);
  visitor.text({"index", kMethod, "clip of each row"}, mapping.index);
  visitor.text({"name", kMethod, "identity#video#clip"}, mapping.name);
  visitor.text({"identity", kMethod, "the person"}, mapping.identity);
  visitor.text({"video", kMethod, "the recording"}, mapping.video);
  visitor.text({"clip", kMethod, "the clip within its recording"}, mapping.clip);
  visitor.text({"split", kMethod, "part of an official split"}, mapping.split);
  visitor.choice({"channels", kMethod, "order of the colour channels of frames that are pixels"},
                 mapping.channels,
                 {{"rgb", ChannelOrder::kRgb}, {"bgr", ChannelOrder::kBgr}});
  visitor.real({"fps", kMethod, "frames a second"}, mapping.fps, 0.001, 1000.0);
}

std::array<std::string_view, 5> values_of(const Hdf5Mapping& mapping) {
  return {mapping.name, mapping.identity, mapping.video, mapping.clip, mapping.split};
}

void check_identity(bool from_pattern, const Hdf5Mapping& mapping, Problems& problems) {
  if (from_pattern || !mapping.identity.empty() || !mapping.name.empty()) return;
  problems.add_key("hdf5.identity", "is missing; say where the person's name is, here, in hdf5.name or in hdf5.group");
}

void check_groups(const Hdf5Mapping& mapping, Problems& problems) {
  for (const auto& [key, value] :
       {std::pair{"hdf5.first", mapping.first}, {"hdf5.length", mapping.length}, {"hdf5.index", mapping.index}}) {
    if (!value.empty()) problems.add_key(key, "belongs to clips = \"rows\"; remove it, or hdf5.group");
  }
  if (mapping.group.empty()) {
    problems.add_key("hdf5.group", "is missing; give a pattern such as \"/{identity}/{video}/{clip}\"");
    return;
  }
  try {
    const GroupPattern pattern(mapping.group);
    const auto names = [&](std::string_view name) {
      return std::find(pattern.names().begin(), pattern.names().end(), name) != pattern.names().end();
    };
    for (std::size_t i = 0; i < kClipValues.size(); ++i) {
      if (!names(kClipValues[i]) || values_of(mapping)[i].empty()) continue;
      problems.add_key(fmt::format("hdf5.{}", kClipValues[i]),
                       fmt::format("\"{}\", but hdf5.group names it too; remove one", values_of(mapping)[i]));
    }
    check_identity(names("identity") || names("name"), mapping, problems);
  } catch (const DataError& error) {
    problems.add_key("hdf5.group", error.what());
  }
}

void check_rows(const Hdf5Mapping& mapping, Problems& problems) {
  if (!mapping.group.empty()) problems.add_key("hdf5.group", "belongs to clips = \"groups\"; remove it");
  if (mapping.first.empty() == mapping.index.empty()) {
    problems.add_key("hdf5.first", "or hdf5.index must say which rows are a clip: one of them, not both");
  }
  if (!mapping.length.empty() && mapping.first.empty()) {
    problems.add_key("hdf5.length", "means nothing without hdf5.first");
  }
  for (std::size_t i = 0; i < kClipValues.size(); ++i) {
    if (!values_of(mapping)[i].starts_with('@')) continue;
    problems.add_key(fmt::format("hdf5.{}", kClipValues[i]),
                     fmt::format("\"{}\" is an attribute; rows have none, so name a table", values_of(mapping)[i]));
  }
  check_identity(false, mapping, problems);
}

}  // namespace

Hdf5Mapping read_hdf5_mapping(const std::filesystem::path& path, Problems& problems) {
  Hdf5Mapping mapping;
  const bool read = read_config(
      read_small_file(path), path.string(), {}, [&](ConfigVisitor& visitor) { describe(visitor, mapping); }, problems);
  if (!read) return mapping;
  if (mapping.frames.empty()) problems.add_key("hdf5.frames", "is empty; name the table of frames");
  if (mapping.clips == Hdf5Clips::kGroups) {
    check_groups(mapping, problems);
  } else {
    check_rows(mapping, problems);
  }
  return mapping;
}

}  // namespace understudy
