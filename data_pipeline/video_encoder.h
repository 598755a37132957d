#pragma once

#include <filesystem>
#include <memory>

#include "data_pipeline/frame_sink.h"
#include "data_pipeline/video_writer.h"

namespace understudy {

/// Starts a video file of the container that the extension names; see `VideoWriter` for what it holds.
/// @throws ConfigError  when the container cannot hold the audio, DataError for audio that cannot be read, FileError
std::unique_ptr<FrameSink> encode_video(const std::filesystem::path& path,
                                        int width,
                                        int height,
                                        const VideoOptions& options);

}  // namespace understudy
