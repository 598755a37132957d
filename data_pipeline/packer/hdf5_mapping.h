#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "common/problems.h"

namespace understudy {

/// How clips are found in an HDF5 file.
enum class Hdf5Clips : std::uint8_t {
  kGroups,  ///< a group is a clip
  kRows,    ///< a run of rows of one table of frames is a clip
};

enum class ChannelOrder : std::uint8_t { kRgb, kBgr };

/// Where somebody's HDF5 file keeps what a set needs. A file in which every clip is a group:
///
///     [hdf5]
///     clips = "groups"
///     group = "/{split}/{identity}/{video}/{clip}"  # which groups are clips; "{name}" is all of identity#video#clip
///     frames = "frames"         # u8 or float in [0, 1], [N,H,W,3] or [N,3,H,W]; or N byte lists of JPEG or PNG
///     landmarks = "landmarks"   # optional: [N,68,2], pixels of the landmarks' reference picture, zeros: no face
///     channels = "bgr"          # "rgb" if not given; JPEG and PNG files know by themselves
///     fps = 25.0
///     # What the pattern does not name may be an attribute of the group ("@speaker") or a table in it ("speaker").
///     identity = "@speaker"
///
/// A file with one table of all frames:
///
///     [hdf5]
///     clips = "rows"
///     frames = "/images"
///     first = "/clips/begin"    # [C] first row of each clip
///     length = "/clips/length"  # [C], optional: up to the first row of the next clip, the last one to the end
///     # or, instead of both: index = "/clip_of_frame", [N] with a number or text that changes where a clip ends
///     identity = "/clips/speaker"  # texts or whole numbers, [C] or [N]; so are video, clip, name, split
///
/// Identity (or name) is needed. Without video every clip is a video of its own; without clip it has its number.
struct Hdf5Mapping {
  Hdf5Clips clips = Hdf5Clips::kGroups;
  std::string group;
  std::string frames = "frames";
  std::string landmarks;
  std::string first;
  std::string length;
  std::string index;
  std::string name;
  std::string identity;
  std::string video;
  std::string clip;
  std::string split;
  ChannelOrder channels = ChannelOrder::kRgb;
  double fps = 25.0;
};

/// @param problems  gets every problem, and where each key was set, for problems that only the files show
Hdf5Mapping read_hdf5_mapping(const std::filesystem::path& path, Problems& problems);

}  // namespace understudy
