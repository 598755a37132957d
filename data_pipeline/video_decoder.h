#pragma once

#include <filesystem>
#include <memory>

#include "data_pipeline/frame_source.h"

namespace understudy {

/// Opens the best picture stream of a video file. Rotation stored by the camera is applied; colours follow the stream's
/// matrix (BT.601 where it names none) and range; a damaged frame is an error, never painted over.
/// @throws DataError  when it is no video, holds no picture stream, or no decoder for it is installed
std::unique_ptr<FrameSource> open_video(const std::filesystem::path& path);

}  // namespace understudy
