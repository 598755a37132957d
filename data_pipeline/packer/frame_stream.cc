#include "data_pipeline/packer/frame_stream.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/picture_folder.h"
#include "data_pipeline/plain_file.h"
#include "data_pipeline/video_decoder.h"

namespace understudy {
namespace {

bool begins_with(std::span<const std::byte> bytes, std::string_view beginning) {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).starts_with(beginning);
}

class VideoStream : public FrameStream {
 public:
  explicit VideoStream(const std::filesystem::path& path) : video_(open_video(path)) {
    rate = video_->rate;
    promised_frames = video_->stored_frames;
  }
  std::optional<InputFrame> next() override {
    std::optional<Picture> picture = video_->next();
    if (!picture) return std::nullopt;
    return InputFrame{std::move(*picture), {}};
  }

 private:
  std::unique_ptr<FrameSource> video_;
};

/// The numbers that file names are, or nothing when one is none or does not come after the one before.
std::vector<std::uint32_t> numbers_of(const std::vector<std::string>& names) {
  std::vector<std::uint32_t> numbers;
  for (const std::string& name : names) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() || end != name.data() + name.size()) return {};
    if (!numbers.empty() && number <= numbers.back()) return {};
    numbers.push_back(number);
  }
  return numbers;
}

class FolderStream : public FrameStream {
 public:
  explicit FolderStream(const std::filesystem::path& folder) : files_(list_pictures(folder)) {
    promised_frames = static_cast<std::int64_t>(files_.size());
    for (const auto& file : files_) names.push_back(file.stem().string());
    numbers = numbers_of(names);
  }
  std::optional<InputFrame> next() override {
    if (at_ == files_.size()) return std::nullopt;
    const PlainFile file(files_[at_++]);
    std::vector<std::byte> bytes(file.size());
    file.read_at(0, bytes);
    return decode_frame(bytes, file.path().string());
  }
  bool skip() override {
    if (at_ == files_.size()) return false;
    ++at_;
    return true;
  }

 private:
  std::vector<std::filesystem::path> files_;
  std::size_t at_ = 0;
};

}  // namespace

InputFrame decode_frame(std::span<const std::byte> bytes, std::string_view what) {
  if (begins_with(bytes, "\xFF\xD8\xFF")) return {decode_jpeg(bytes, what), {bytes.begin(), bytes.end()}};
  if (begins_with(bytes, "\x89PNG\r\n\x1A\n")) return {decode_png(bytes, what), {}};
  throw DataError(fmt::format("{}: begins neither like a JPEG nor like a PNG; replace it", what));
}

std::unique_ptr<FrameStream> open_video_stream(const std::filesystem::path& path) {
  return std::make_unique<VideoStream>(path);
}

std::unique_ptr<FrameStream> open_folder_stream(const std::filesystem::path& folder) {
  return std::make_unique<FolderStream>(folder);
}

}  // namespace understudy
