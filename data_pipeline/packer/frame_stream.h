#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data_pipeline/frame_rate.h"
#include "data_pipeline/picture.h"

namespace understudy {

/// A frame as an input holds it.
struct InputFrame {
  Picture picture;
  std::vector<std::byte> jpeg;  ///< the file that it was decoded from, if that was a JPEG
};

/// Decodes a JPEG or PNG, told apart by its first bytes. @param what  names it in messages. @throws DataError
InputFrame decode_frame(std::span<const std::byte> bytes, std::string_view what);

/// The frames of one clip, one after another. Whatever of them cannot be read is a DataError.
class FrameStream {
 public:
  virtual ~FrameStream() = default;
  /// The next frame, or nothing after the last one.
  virtual std::optional<InputFrame> next() = 0;
  /// Passes over a frame at the least cost. @return false after the last one
  virtual bool skip() { return next().has_value(); }

  FrameRate rate;                      ///< of the frames as they come
  std::int64_t promised_frames = 0;    ///< as the input's own tables say; 0: they do not
  std::vector<std::uint32_t> numbers;  ///< of every frame in the recording; empty: 0, 1, 2, ...
  std::vector<std::string> names;      ///< file names without extension; empty unless a folder
};

/// @throws DataError  when it is no video that can be decoded
std::unique_ptr<FrameStream> open_video_stream(const std::filesystem::path& path);

/// PNG and JPEG files directly in a folder, in natural order of their names. Numbers are those in the file names when
/// all names are numbers that differ. @throws DataError  when there is none
std::unique_ptr<FrameStream> open_folder_stream(const std::filesystem::path& folder);

}  // namespace understudy
