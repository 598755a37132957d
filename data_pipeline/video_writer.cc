#include "data_pipeline/video_writer.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "data_pipeline/frame_sink.h"
#include "data_pipeline/video_encoder.h"

namespace understudy {
namespace {

constexpr std::array kVideoExtensions{".mp4", ".mov", ".mkv"};

class FolderSink : public FrameSink {
 public:
  explicit FolderSink(std::filesystem::path path)
      : final_(std::move(path)), partial_(fmt::format("{}.tmp.{}", final_.string(), ::getpid())) {
    if (std::filesystem::exists(final_) &&
        !(std::filesystem::is_directory(final_) && std::filesystem::is_empty(final_))) {
      throw FileError(
          fmt::format("{}: exists already and is not empty; remove it or choose another name", final_.string()));
    }
    std::filesystem::remove_all(partial_);
    std::error_code failure;
    std::filesystem::create_directory(partial_, failure);
    if (failure) {
      throw FileError(fmt::format("{}: cannot make the folder: {}", partial_.string(), failure.message()));
    }
  }

  ~FolderSink() override {
    std::error_code ignored;
    std::filesystem::remove_all(partial_, ignored);
  }

  void write(const Picture& frame) override { write_png(partial_ / fmt::format("{:06}.png", count_++), frame); }

  void finish() override {
    if (count_ == 0) throw FileError(fmt::format("{}: no frame was written", final_.string()));
    std::error_code not_there;
    std::filesystem::remove(final_, not_there);  // an empty folder of that name; one with contents is never removed
    publish_folder(partial_, final_);
  }

 private:
  std::filesystem::path final_;
  std::filesystem::path partial_;
  int count_ = 0;
};

/// A folder named "result/" is the folder "result".
std::filesystem::path without_slash(const std::filesystem::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

std::unique_ptr<FrameSink> open_sink(const std::filesystem::path& given,
                                     int width,
                                     int height,
                                     const VideoOptions& options) {
  const std::filesystem::path path = without_slash(given);
  std::string extension = path.extension().string();
  std::transform(
      extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
  if (extension.empty()) return std::make_unique<FolderSink>(path);
  if (std::find(kVideoExtensions.begin(), kVideoExtensions.end(), extension) == kVideoExtensions.end()) {
    throw ConfigError(
        fmt::format("{}: {} is no video that can be written; use one of {}, or a name without extension for a "
                    "folder of pictures",
                    path.string(),
                    extension,
                    fmt::join(kVideoExtensions, ", ")));
  }
  return encode_video(path, width, height, options);
}

}  // namespace

VideoWriter::VideoWriter(const std::filesystem::path& path, int width, int height, const VideoOptions& options)
    : sink_(open_sink(path, width, height, options)), width_(width), height_(height) {}

VideoWriter::~VideoWriter() = default;
VideoWriter::VideoWriter(VideoWriter&&) noexcept = default;
VideoWriter& VideoWriter::operator=(VideoWriter&&) noexcept = default;

void VideoWriter::write(const Picture& frame) {
  if (frame.width != width_ || frame.height != height_) {
    throw ShapeError(fmt::format(
        "a frame of {} x {} pixels cannot go into a video of {} x {}", frame.width, frame.height, width_, height_));
  }
  sink_->write(frame);
}

void VideoWriter::finish() {
  sink_->finish();
}

}  // namespace understudy
