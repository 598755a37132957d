#include "data_pipeline/packer/frame_packing.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/packer/clip_input.h"
#include "data_pipeline/resize_picture.h"

namespace understudy {
namespace {

[[noreturn]] void reject(RejectionReason reason, const std::string& detail) {
  throw ClipRejected(reason, detail);
}

void require_size(PictureSize size, const FramePreparation& preparation) {
  if (std::min(size.width, size.height) >= preparation.min_size) return;
  reject(RejectionReason::kSize,
         fmt::format(
             "frames of {} x {} pixels; the shorter side must have {}", size.width, size.height, preparation.min_size));
}

std::vector<std::byte> packed_frame(InputFrame frame, const FrameGeometry& geometry, const FramePreparation& how) {
  if (geometry.keeps({frame.picture.width, frame.picture.height})) {
    if (!frame.jpeg.empty()) return std::move(frame.jpeg);
    return encode_jpeg(frame.picture, how.jpeg_quality, how.full_chroma);
  }
  const Picture resized = resize_picture(frame.picture, geometry.part, geometry.width, geometry.height);
  return encode_jpeg(resized, how.jpeg_quality, how.full_chroma);
}

class Packing {
 public:
  Packing(FrameStream& stream, const FramePreparation& preparation) : stream_(stream), preparation_(preparation) {}

  PackedFrames run() {
    const auto stride = static_cast<std::uint32_t>(preparation_.stride);
    std::uint32_t position = 0;
    try {
      for (;; ++position) {
        if (position % stride != 0) {
          if (!stream_.skip()) break;
        } else {
          std::optional<InputFrame> frame = stream_.next();
          if (!frame) break;
          add(std::move(*frame), position);
        }
      }
    } catch (const DataError& error) {
      reject(RejectionReason::kDamaged, error.what());
    }
    packed_.frames.source_frames = position;
    require_counts();
    return std::move(packed_);
  }

 private:
  void add(InputFrame frame, std::uint32_t position) {
    const PictureSize size{frame.picture.width, frame.picture.height};
    if (packed_.jpegs.empty()) begin(size);
    ClipFrames& frames = packed_.frames;
    if (size != PictureSize{frames.decoded_width, frames.decoded_height}) {
      reject(RejectionReason::kSize,
             fmt::format("frame {} is {} x {} pixels, the first one {} x {}",
                         position,
                         size.width,
                         size.height,
                         frames.decoded_width,
                         frames.decoded_height));
    }
    packed_.jpegs.push_back(packed_frame(std::move(frame), geometry_, preparation_));
    frames.position.push_back(position);
    frames.source_index.push_back(stream_.numbers.empty() ? position : stream_.numbers.at(position));
    if (!stream_.names.empty()) frames.frame_names.push_back(stream_.names.at(position));
  }

  void begin(PictureSize size) {
    require_size(size, preparation_);
    geometry_ = frame_geometry(size, preparation_);
    ClipFrames& frames = packed_.frames;
    frames.width = geometry_.width;
    frames.height = geometry_.height;
    frames.decoded_width = size.width;
    frames.decoded_height = size.height;
    const Rectangle& part = geometry_.part;
    frames.crop = {part.left, part.top, part.left + part.width, part.top + part.height};
  }

  void require_counts() const {
    const std::uint32_t frames = packed_.frames.source_frames;
    const auto promised = static_cast<std::uint64_t>(std::max(stream_.promised_frames, std::int64_t{0}));
    if (!may_miss(frames, promised)) {
      reject(RejectionReason::kDamaged, fmt::format("ends after {} of {} frames", frames, promised));
    }
    if (frames == 0) reject(RejectionReason::kEmpty, "holds no frame");
    if (packed_.jpegs.size() < static_cast<std::size_t>(preparation_.min_frames)) {
      reject(RejectionReason::kTooFewFrames,
             fmt::format("{} frames to pack; {} are needed", packed_.jpegs.size(), preparation_.min_frames));
    }
  }

  FrameStream& stream_;
  const FramePreparation& preparation_;
  FrameGeometry geometry_;
  PackedFrames packed_;
};

}  // namespace

PackedFrames pack_frames(FrameStream& stream, const FramePreparation& preparation) {
  return Packing(stream, preparation).run();
}

bool may_miss(std::uint64_t frames, std::uint64_t expected) {
  return frames + std::max<std::uint64_t>(2, expected / 20) >= expected;
}

FrameRate packed_rate(FrameRate rate, int stride) {
  const std::int64_t denominator = std::int64_t{rate.denominator} * stride;
  const std::int64_t common = std::gcd(std::int64_t{rate.numerator}, denominator);
  return {static_cast<int>(rate.numerator / common), static_cast<int>(denominator / common)};
}

}  // namespace understudy
