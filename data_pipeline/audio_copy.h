#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "data_pipeline/libav.h"

namespace understudy {

/// Copies the packets of a file's audio stream into another file as they are, without decoding. Times count from the
/// beginning of the file's video, so that picture and sound stay in step. Private to the video encoder.
class AudioCopy {
 public:
  /// Nothing when the file has no audio stream, or is a picture or a folder. @throws DataError
  static std::optional<AudioCopy> open(const std::filesystem::path& path);

  /// Adds a stream to an output whose header is not written yet.
  /// @param name  the output, for messages
  /// @throws ConfigError  when the container cannot hold this kind of audio
  void add_stream(AVFormatContext& output, std::string_view name);

  /// Copies packets that begin before a time in seconds from the video's beginning; @return  0 or the output's error
  /// @throws DataError  when the source cannot be read
  int copy_until(AVFormatContext& output, double seconds);

 private:
  AudioCopy(std::filesystem::path path, libav::Input input, int index);
  bool fetch();

  std::filesystem::path path_;
  libav::Input input_;
  const AVStream* source_ = nullptr;
  const AVStream* target_ = nullptr;
  std::int64_t start_ = 0;  ///< beginning of the video, in the source's time base
  libav::Packet packet_ = libav::new_packet();
  bool pending_ = false;  ///< packet_ waits for its time
};

}  // namespace understudy
