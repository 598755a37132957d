#include "data_pipeline/packer/hdf5_frames.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr std::uint64_t kLargestSide = 65500;  // of a JPEG
constexpr std::uint64_t kMostPixels = 200'000'000;

[[noreturn]] void fail(const Hdf5Input& file, const std::string& table, const std::string& problem) {
  throw DataError(fmt::format("{}: {} {}", file.path().string(), table, problem));
}

bool is_picture(std::uint64_t height, std::uint64_t width) {
  return height >= 1 && width >= 1 && height <= kLargestSide && width <= kLargestSide && height * width <= kMostPixels;
}

class Hdf5Stream : public FrameStream {
 public:
  Hdf5Stream(std::shared_ptr<const Hdf5Input> file, FrameRows rows, ChannelOrder channels)
      : file_(std::move(file)), rows_(std::move(rows)), table_(require_frame_table(*file_, rows_.table)) {
    if (rows_.first > table_.frames || rows_.count > table_.frames - rows_.first) {
      fail(*file_,
           rows_.table,
           fmt::format("has {} frames, none of {} to {}", table_.frames, rows_.first, rows_.first + rows_.count));
    }
    if (channels == ChannelOrder::kBgr) first_channel_ = 2;
    promised_frames = static_cast<std::int64_t>(rows_.count);
  }

  std::optional<InputFrame> next() override {
    if (at_ == rows_.count) return std::nullopt;
    const std::uint64_t row = rows_.first + at_++;
    if (table_.storage == FrameTable::Storage::kFiles) {
      const std::vector<std::byte> bytes = file_->read_byte_list(rows_.table, row);
      return decode_frame(bytes, fmt::format("{}: {} row {}", file_->path().string(), rows_.table, row));
    }
    return InputFrame{table_.floats ? from_floats(row) : from_bytes(row), {}};
  }

  bool skip() override {
    if (at_ == rows_.count) return false;
    ++at_;
    return true;
  }

 private:
  Picture from_bytes(std::uint64_t row) const {
    Picture picture(table_.width, table_.height);
    if (table_.storage == FrameTable::Storage::kInterleaved && first_channel_ == 0) {
      file_->read_bytes(rows_.table, row, 1, picture.rgb);
      return picture;
    }
    std::vector<std::uint8_t> stored(picture.rgb.size());
    file_->read_bytes(rows_.table, row, 1, stored);
    arrange(stored, picture, [](std::uint8_t value) { return value; });
    return picture;
  }

  Picture from_floats(std::uint64_t row) const {
    Picture picture(table_.width, table_.height);
    std::vector<float> stored(picture.rgb.size());
    file_->read_floats(rows_.table, row, 1, stored);
    const auto outside = std::find_if(stored.begin(), stored.end(), [](float v) { return !(v >= 0.0F && v <= 1.0F); });
    if (outside != stored.end()) {
      fail(*file_, rows_.table, fmt::format("row {} holds {}, which is not in [0, 1]", row, *outside));
    }
    arrange(stored, picture, [](float value) { return static_cast<std::uint8_t>(value * 255.0F + 0.5F); });
    return picture;
  }

  /// Puts values where a picture has them. @param byte_of  one value as a byte
  template <typename T, typename ByteOf>
  void arrange(const std::vector<T>& stored, Picture& picture, const ByteOf& byte_of) const {
    const std::size_t pixels = stored.size() / 3;
    const bool planar = table_.storage == FrameTable::Storage::kPlanar;
    for (std::size_t c = 0; c < 3; ++c) {
      const std::size_t from = first_channel_ == 0 ? c : 2 - c;
      const T* source = stored.data() + (planar ? from * pixels : from);
      const std::size_t step = planar ? 1 : 3;
      for (std::size_t i = 0; i < pixels; ++i) picture.rgb[3 * i + c] = byte_of(source[i * step]);
    }
  }

  std::shared_ptr<const Hdf5Input> file_;
  FrameRows rows_;
  FrameTable table_;
  std::size_t first_channel_ = 0;  ///< 2: blue comes first
  std::uint64_t at_ = 0;
};

}  // namespace

FrameTable require_frame_table(const Hdf5Input& file, const std::string& table) {
  const std::optional<InputTable> found = file.find(table);
  if (!found) fail(file, table, "is no table");
  const std::vector<std::uint64_t>& extent = found->extent;
  if (found->element == InputElement::kByteLists && extent.size() == 1)
    return {FrameTable::Storage::kFiles, false, extent[0]};
  const bool floats = found->element == InputElement::kFloats;
  if ((floats || found->element == InputElement::kBytes) && extent.size() == 4) {
    if (extent[3] == 3 && is_picture(extent[1], extent[2])) {
      return {FrameTable::Storage::kInterleaved,
              floats,
              extent[0],
              static_cast<int>(extent[2]),
              static_cast<int>(extent[1])};
    }
    if (extent[1] == 3 && is_picture(extent[2], extent[3])) {
      return {
          FrameTable::Storage::kPlanar, floats, extent[0], static_cast<int>(extent[3]), static_cast<int>(extent[2])};
    }
  }
  fail(file,
       table,
       fmt::format(
           "of shape [{}] holds no frames: u8 or float [N,H,W,3] or [N,3,H,W], or [N] lists of JPEG or PNG bytes",
           fmt::join(extent, ",")));
}

std::unique_ptr<FrameStream> open_hdf5_stream(std::shared_ptr<const Hdf5Input> file,
                                              const FrameRows& rows,
                                              ChannelOrder channels) {
  return std::make_unique<Hdf5Stream>(std::move(file), rows, channels);
}

}  // namespace understudy
