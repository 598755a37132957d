#include "data_pipeline/video_decoder.h"

#include <algorithm>
#include <cmath>

#include "data_pipeline/libav.h"

namespace understudy {
namespace {

/// Quarter turns clockwise that bring a stored frame upright.
int quarter_turns(const AVStream& stream) {
  const std::uint8_t* matrix = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
  if (matrix == nullptr) return 0;
  const double counter_clockwise = av_display_rotation_get(reinterpret_cast<const std::int32_t*>(matrix));
  if (std::isnan(counter_clockwise)) return 0;
  return static_cast<int>(((std::lround(-counter_clockwise / 90) % 4) + 4) % 4);
}

Picture turned(const Picture& picture, int quarters) {
  if (quarters == 0) return picture;
  Picture result = quarters == 2 ? Picture(picture.width, picture.height) : Picture(picture.height, picture.width);
  for (int y = 0; y < result.height; ++y) {
    for (int x = 0; x < result.width; ++x) {
      const std::uint8_t* source = quarters == 1   ? picture.pixel(y, picture.height - 1 - x)
                                   : quarters == 2 ? picture.pixel(picture.width - 1 - x, picture.height - 1 - y)
                                                   : picture.pixel(picture.width - 1 - y, x);
      std::copy_n(source, 3, result.pixel(x, y));
    }
  }
  return result;
}

FrameRate rate_of(const AVStream& stream) {
  for (const AVRational rate : {stream.avg_frame_rate, stream.r_frame_rate}) {
    if (rate.num > 0 && rate.den > 0) return {rate.num, rate.den};
  }
  return {};
}

std::int64_t frames_of(const AVFormatContext& input, const AVStream& stream) {
  if (stream.nb_frames > 0) return stream.nb_frames;
  const FrameRate rate = rate_of(stream);
  const AVRational frame{rate.denominator, rate.numerator};
  if (stream.duration > 0) return av_rescale_q(stream.duration, stream.time_base, frame);
  return input.duration > 0 ? av_rescale_q(input.duration, AVRational{1, AV_TIME_BASE}, frame) : 0;
}

const int* matrix_of(AVColorSpace space) {
  switch (space) {
    case AVCOL_SPC_BT709:
      return sws_getCoefficients(SWS_CS_ITU709);
    case AVCOL_SPC_FCC:
      return sws_getCoefficients(SWS_CS_FCC);
    case AVCOL_SPC_SMPTE240M:
      return sws_getCoefficients(SWS_CS_SMPTE240M);
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return sws_getCoefficients(SWS_CS_BT2020);
    default:
      return sws_getCoefficients(SWS_CS_ITU601);
  }
}

/// Rounding and chroma interpolation that do not depend on the machine's vector instructions.
constexpr int kExact = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT;

class StreamSource : public FrameSource {
 public:
  explicit StreamSource(const std::filesystem::path& path) : path_(path), input_(libav::open_input(path)) {
    const int index = libav::best_stream(input_, AVMEDIA_TYPE_VIDEO);
    if (index < 0) throw DataError(fmt::format("{}: holds no picture stream, only other data", path.string()));
    stream_ = input_->streams[index];
    open_decoder();
    turns_ = quarter_turns(*stream_);
    width = turns_ % 2 == 0 ? decoder_->width : decoder_->height;
    height = turns_ % 2 == 0 ? decoder_->height : decoder_->width;
    rate = rate_of(*stream_);
    frames = frames_of(*input_, *stream_);
    stored_frames = stream_->nb_frames;
    audio = libav::best_stream(input_, AVMEDIA_TYPE_AUDIO) >= 0;
  }

  std::optional<Picture> next() override {
    for (;;) {
      const int result = avcodec_receive_frame(decoder_.get(), frame_.get());
      if (result == AVERROR_EOF) return std::nullopt;
      if (result == AVERROR(EAGAIN)) {
        feed_decoder();
        continue;
      }
      if (result < 0) fail(libav::reason(result));
      if (frame_->decode_error_flags != 0) fail("its data is damaged");
      ++count_;
      return turned(to_rgb(), turns_);
    }
  }

 private:
  void open_decoder() {
    const AVCodec* codec = avcodec_find_decoder(stream_->codecpar->codec_id);
    if (codec == nullptr) {
      throw DataError(fmt::format("{}: no decoder for {} is installed; convert the video to H.264",
                                  path_.string(),
                                  avcodec_get_name(stream_->codecpar->codec_id)));
    }
    decoder_ = libav::checked(libav::Codec(avcodec_alloc_context3(codec)));
    avcodec_parameters_to_context(decoder_.get(), stream_->codecpar);
    decoder_->pkt_timebase = stream_->time_base;
    decoder_->err_recognition = AV_EF_EXPLODE;  // damage is reported, not painted over
    decoder_->flags |= AV_CODEC_FLAG_BITEXACT;  // no vector code whose rounding is its own
    decoder_->thread_count = 1;                 // callers decode many videos at a time
    const int result = avcodec_open2(decoder_.get(), codec, nullptr);
    if (result < 0 || decoder_->width <= 0 || decoder_->height <= 0) {
      throw DataError(fmt::format("{}: cannot start decoding {} of {} x {} pixels: {}",
                                  path_.string(),
                                  codec->name,
                                  decoder_->width,
                                  decoder_->height,
                                  libav::reason(result)));
    }
    coded_width_ = decoder_->width;
    coded_height_ = decoder_->height;
    rgb_ = libav::new_picture_frame(AV_PIX_FMT_RGB24, coded_width_, coded_height_);
  }

  /// Sends the decoder the stream's next packet, or word of the end.
  void feed_decoder() {
    for (;;) {
      const int read = av_read_frame(input_.get(), packet_.get());
      if (read < 0 && read != AVERROR_EOF) fail(libav::reason(read));
      if (read >= 0 && packet_->stream_index != stream_->index) {
        av_packet_unref(packet_.get());
        continue;
      }
      const int sent = avcodec_send_packet(decoder_.get(), read < 0 ? nullptr : packet_.get());
      av_packet_unref(packet_.get());
      if (sent < 0) fail(libav::reason(sent));
      return;
    }
  }

  [[noreturn]] void fail(const std::string& why) const {
    throw DataError(fmt::format("{}: cannot decode frame {}: {}; replace the file, or let a video tool encode it anew",
                                path_.string(),
                                count_,
                                why));
  }

  Picture to_rgb() {
    if (frame_->width != coded_width_ || frame_->height != coded_height_) {
      fail(fmt::format(
          "it is {} x {} pixels, the first one {} x {}", frame_->width, frame_->height, coded_width_, coded_height_));
    }
    const auto format = static_cast<AVPixelFormat>(frame_->format);
    scaler_.reset(sws_getCachedContext(scaler_.release(),
                                       frame_->width,
                                       frame_->height,
                                       format,
                                       frame_->width,
                                       frame_->height,
                                       AV_PIX_FMT_RGB24,
                                       kExact,
                                       nullptr,
                                       nullptr,
                                       nullptr));
    if (!scaler_) fail(fmt::format("its pixel format {} has no conversion to RGB", frame_->format));
    const int* matrix = matrix_of(frame_->colorspace);
    const int full_range = frame_->color_range == AVCOL_RANGE_JPEG ? 1 : 0;
    sws_setColorspaceDetails(scaler_.get(), matrix, full_range, matrix, 1, 0, 1 << 16, 1 << 16);
    sws_scale(scaler_.get(), frame_->data, frame_->linesize, 0, frame_->height, rgb_->data, rgb_->linesize);
    Picture picture(coded_width_, coded_height_);
    for (int y = 0; y < picture.height; ++y) {
      std::copy_n(rgb_->data[0] + std::ptrdiff_t{y} * rgb_->linesize[0], picture.width * 3, picture.pixel(0, y));
    }
    return picture;
  }

  std::filesystem::path path_;
  libav::Input input_;
  const AVStream* stream_ = nullptr;
  libav::Codec decoder_;
  libav::Packet packet_ = libav::new_packet();
  libav::Frame frame_ = libav::new_frame();
  libav::Frame rgb_;
  libav::Scaler scaler_;
  int turns_ = 0;
  int coded_width_ = 0;
  int coded_height_ = 0;
  std::int64_t count_ = 0;
};

}  // namespace

std::unique_ptr<FrameSource> open_video(const std::filesystem::path& path) {
  return std::make_unique<StreamSource>(path);
}

VideoHeader read_video_header(const std::filesystem::path& path) {
  libav::Input input = libav::open_container(path);
  const auto describes = [](const AVStream& stream) {
    return stream.codecpar->width > 0 && stream.codecpar->height > 0 && stream.nb_frames > 0;
  };
  int index = libav::best_stream(input, AVMEDIA_TYPE_VIDEO);
  if (index < 0 || !describes(*input->streams[index])) {  // its tables say too little: look into its packets
    libav::find_streams(input, path);
    index = libav::best_stream(input, AVMEDIA_TYPE_VIDEO);
  }
  if (index < 0) throw DataError(fmt::format("{}: holds no picture stream, only other data", path.string()));
  const AVStream& stream = *input->streams[index];
  const bool upright = quarter_turns(stream) % 2 == 0;
  return {upright ? stream.codecpar->width : stream.codecpar->height,
          upright ? stream.codecpar->height : stream.codecpar->width,
          frames_of(*input, stream)};
}

}  // namespace understudy
