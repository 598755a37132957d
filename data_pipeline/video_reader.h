#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "data_pipeline/frame_rate.h"
#include "data_pipeline/picture.h"

namespace understudy {

class FrameSource;

/// Reads the frames of a video file, of a folder of pictures (PNG and JPEG, in natural order of their names) or of a
/// single picture, one after another and without holding more than the decoder needs. Rotation stored by the camera is
/// applied; frames come in order of presentation; colours follow the stream's matrix and range.
class VideoReader {
 public:
  /// Frame rate of pictures, which have none of their own.
  static constexpr FrameRate kPictureRate{25, 1};

  /// @throws DataError  when there is no such file, when it is neither picture nor video, when a video holds no picture
  ///                    stream, or when a folder holds no picture
  explicit VideoReader(const std::filesystem::path& path);
  ~VideoReader();
  VideoReader(VideoReader&&) noexcept;
  VideoReader& operator=(VideoReader&&) noexcept;

  /// The next frame, or nothing after the last one.
  /// @throws DataError  naming file and frame, when one is damaged or of another size than the first
  std::optional<Picture> next();

  int width() const;   ///< pixels, after rotation
  int height() const;  ///< pixels, after rotation
  /// Mean frame rate of the whole video, exactly as stored (30000/1001 stays a fraction).
  FrameRate frame_rate() const;
  /// Number of frames for a progress display: exact for pictures, what the file says or its duration implies for a
  /// video; 0 if unknown.
  std::int64_t estimated_frames() const;
  bool has_audio() const;

 private:
  std::unique_ptr<FrameSource> source_;
};

}  // namespace understudy
