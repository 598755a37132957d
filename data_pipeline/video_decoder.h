#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "data_pipeline/frame_source.h"

namespace understudy {

/// Opens the best picture stream of a video file. Rotation stored by the camera is applied; colours follow the stream's
/// matrix (BT.601 where it names none) and range; a damaged frame is an error, never painted over.
/// @throws DataError  when it is no video, holds no picture stream, or no decoder for it is installed
std::unique_ptr<FrameSource> open_video(const std::filesystem::path& path);

struct VideoHeader {
  int width = 0;  ///< pixels, upright
  int height = 0;
  std::int64_t frames = 0;  ///< estimate, 0 if unknown
};

/// What a video's headers say, without starting a decoder where they say it all. @throws DataError
VideoHeader read_video_header(const std::filesystem::path& path);

}  // namespace understudy
