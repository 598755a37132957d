#pragma once

#include <cstdint>
#include <filesystem>

namespace understudy {

/// How the clips of an input lie in files.
enum class InputLayout : std::uint8_t {
  kNamedClips,    ///< "identity#video#start#end.mp4", or a folder of frames of that name (FSRT, FOMM,
                  ///< video-preprocessing)
  kVoxceleb2,     ///< "identity/video/clip.mp4"
  kFrameFolders,  ///< "identity/video/frame.jpg" (Latent Pose Descriptors)
  kHdf5,          ///< an HDF5 file, or a folder of them, and a mapping (`Hdf5Mapping`)
};

/// @throws DataError  listing the layouts that were looked for, when `path` has none of them
InputLayout detect_layout(const std::filesystem::path& path);

}  // namespace understudy
