#include "data_pipeline/video_reader.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/frame_source.h"
#include "data_pipeline/picture_folder.h"
#include "data_pipeline/video_decoder.h"

namespace understudy {
namespace {

class PictureSource : public FrameSource {
 public:
  explicit PictureSource(std::vector<std::filesystem::path> pictures)
      : pictures_(std::move(pictures)), first_(read_picture(pictures_.front())) {
    width = first_->width;
    height = first_->height;
    rate = VideoReader::kPictureRate;
    frames = static_cast<std::int64_t>(pictures_.size());
  }

  std::optional<Picture> next() override {
    if (index_ == pictures_.size()) return std::nullopt;
    const std::filesystem::path& path = pictures_[index_++];
    if (first_) return std::exchange(first_, std::nullopt);
    Picture picture = read_picture(path);
    if (picture.width != width || picture.height != height) {
      throw DataError(fmt::format("{}: is {} x {} pixels, but {} is {} x {}; the frames of a folder must have one size",
                                  path.string(),
                                  picture.width,
                                  picture.height,
                                  pictures_.front().filename().string(),
                                  width,
                                  height));
    }
    return picture;
  }

 private:
  std::vector<std::filesystem::path> pictures_;
  std::optional<Picture> first_;
  std::size_t index_ = 0;
};

std::unique_ptr<FrameSource> open_source(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) return std::make_unique<PictureSource>(list_pictures(path));
  if (!std::filesystem::exists(path))
    throw DataError(fmt::format("{}: there is no such file or folder", path.string()));
  if (begins_like_picture(path)) return std::make_unique<PictureSource>(std::vector{path});
  return open_video(path);
}

}  // namespace

VideoReader::VideoReader(const std::filesystem::path& path) : source_(open_source(path)) {}

VideoReader::~VideoReader() = default;
VideoReader::VideoReader(VideoReader&&) noexcept = default;
VideoReader& VideoReader::operator=(VideoReader&&) noexcept = default;

std::optional<Picture> VideoReader::next() {
  return source_->next();
}
int VideoReader::width() const {
  return source_->width;
}
int VideoReader::height() const {
  return source_->height;
}
FrameRate VideoReader::frame_rate() const {
  return source_->rate;
}
std::int64_t VideoReader::estimated_frames() const {
  return source_->frames;
}
bool VideoReader::has_audio() const {
  return source_->audio;
}

}  // namespace understudy
