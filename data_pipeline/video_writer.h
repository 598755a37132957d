#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "data_pipeline/frame_rate.h"
#include "data_pipeline/picture.h"

namespace understudy {

class FrameSink;

struct VideoOptions {
  FrameRate frame_rate;
  /// A video or audio file whose best audio stream is copied packet for packet, in step with its video; silent when it
  /// has none or is a picture or a folder. A folder of pictures takes no sound.
  std::optional<std::filesystem::path> audio_from;
  int quality = 18;  ///< constant rate factor of H.264, 0 (lossless) to 51
};

/// Writes frames as a video (.mp4, .mov, .mkv: H.264 in 4:2:0, MPEG-4 where no H.264 encoder is installed)
/// or, when the path has no extension, as a folder of pictures 000000.png, 000001.png, and so on. The result appears
/// under its name when `finish` succeeds and not before. The same frames give the same bytes: one encoder thread, no
/// dates. A frame of odd width or height is stored one pixel larger, its last column or row repeated, because 4:2:0
/// holds colour for pairs of pixels.
class VideoWriter {
 public:
  /// @throws ConfigError  for an extension that names no container, or audio that the container cannot hold
  /// @throws DataError    when the audio file cannot be read
  /// @throws FileError    when the output cannot be made, or a folder of that name already holds something
  VideoWriter(const std::filesystem::path& path, int width, int height, const VideoOptions& options);
  ~VideoWriter();
  VideoWriter(VideoWriter&&) noexcept;
  VideoWriter& operator=(VideoWriter&&) noexcept;

  /// @throws ShapeError  when the frame has another size
  /// @throws FileError   disk full among the reasons
  void write(const Picture& frame);

  /// Writes what is still buffered and the rest of the audio, then publishes the result.
  /// @throws FileError  also when no frame was written
  void finish();

 private:
  std::unique_ptr<FrameSink> sink_;
  int width_;
  int height_;
};

}  // namespace understudy
