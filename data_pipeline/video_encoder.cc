#include "data_pipeline/video_encoder.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <unistd.h>

#include "common/atomic_file.h"
#include "data_pipeline/audio_copy.h"
#include "data_pipeline/libav.h"
#include "data_pipeline/plain_file.h"

namespace understudy {
namespace {

/// MPEG-4's clock ticks are 16-bit numbers.
constexpr int kMostTicks = 65535;
/// Vector instructions must not show in the result.
constexpr int kExact = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP | SWS_BITEXACT;

struct CloseOutput {
  void operator()(AVFormatContext* output) const {
    avio_closep(&output->pb);
    avformat_free_context(output);
  }
};
using Output = std::unique_ptr<AVFormatContext, CloseOutput>;

/// A file that is removed unless it was published.
class PartialFile {
 public:
  explicit PartialFile(std::filesystem::path path)
      : final_(std::move(path)), partial_(fmt::format("{}.tmp.{}", final_.string(), ::getpid())) {}
  ~PartialFile() { ::unlink(partial_.c_str()); }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const std::filesystem::path& final_path() const { return final_; }
  std::string url() const { return "file:" + partial_.string(); }
  void publish() {
    sync_file(partial_);
    publish_file(partial_, final_);
    system_files().sync_folder(final_.has_parent_path() ? final_.parent_path() : ".");
  }

 private:
  std::filesystem::path final_;
  std::filesystem::path partial_;
};

const AVCodec* best_encoder() {
  for (const char* name : {"libx264", "mpeg4"}) {
    if (const AVCodec* codec = avcodec_find_encoder_by_name(name)) return codec;
  }
  throw FileError(
      "this build of FFmpeg's libavcodec has no encoder for H.264 or MPEG-4; install the distribution's libavcodec, "
      "or write a folder of pictures (an output path without extension)");
}

AVRational frame_duration(FrameRate rate) {
  AVRational duration{};
  av_reduce(&duration.num, &duration.den, rate.denominator, rate.numerator, kMostTicks);
  if (duration.num <= 0 || duration.den <= 0) {
    throw ConfigError(fmt::format("{} / {} is no frame rate", rate.numerator, rate.denominator));
  }
  return duration;
}

int rounded_up_to_even(int size) {
  return size + size % 2;
}

class VideoSink : public FrameSink {
 public:
  VideoSink(const std::filesystem::path& path, int width, int height, const VideoOptions& options)
      : file_(path), width_(width), height_(height), duration_(frame_duration(options.frame_rate)) {
    libav::silence();
    if (options.audio_from) audio_ = AudioCopy::open(*options.audio_from);
    make_container();
    start_encoder(options.quality);
    if (audio_) audio_->add_stream(*output_, name());
    make_frames();
    open_file();
  }

  void write(const Picture& frame) override {
    require_room(av_frame_make_writable(yuv_.get()));
    copy_with_padding(frame);
    sws_scale(scaler_.get(), rgb_->data, rgb_->linesize, 0, rgb_->height, yuv_->data, yuv_->linesize);
    yuv_->pts = count_++;
    encode(yuv_.get());
    if (audio_) require_room(audio_->copy_until(*output_, static_cast<double>(count_) * av_q2d(duration_)));
  }

  void finish() override {
    if (count_ == 0) throw FileError(fmt::format("{}: a video needs at least one frame", name()));
    encode(nullptr);
    if (audio_) require_room(audio_->copy_until(*output_, std::numeric_limits<double>::infinity()));
    require_room(av_write_trailer(output_.get()));
    avio_flush(output_->pb);
    require_room(output_->pb->error);
    require_room(avio_closep(&output_->pb));
    output_.reset();
    file_.publish();
  }

 private:
  std::string name() const { return file_.final_path().string(); }

  void require_room(int result) const {
    if (result >= 0) return;
    throw FileError(fmt::format("{}: cannot write the video: {}{}",
                                name(),
                                libav::reason(result),
                                result == AVERROR(ENOSPC) ? "; free space or choose another folder" : ""));
  }

  void make_container() {
    const AVOutputFormat* format = av_guess_format(nullptr, file_.final_path().c_str(), nullptr);
    AVFormatContext* output = nullptr;
    require_room(avformat_alloc_output_context2(&output, format, nullptr, file_.url().c_str()));
    output_.reset(output);
    output_->flags |= AVFMT_FLAG_BITEXACT;  // no dates and versions: the same frames give the same file
  }

  void start_encoder(int quality) {
    const AVCodec* codec = best_encoder();
    encoder_ = libav::checked(libav::Codec(avcodec_alloc_context3(codec)));
    encoder_->width = rounded_up_to_even(width_);
    encoder_->height = rounded_up_to_even(height_);
    encoder_->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder_->time_base = duration_;
    encoder_->framerate = av_inv_q(duration_);
    encoder_->thread_count = 1;                  // its bits depend on the number
    encoder_->colorspace = AVCOL_SPC_SMPTE170M;  // what players take an untagged small video for
    encoder_->color_range = AVCOL_RANGE_MPEG;
    encoder_->flags |= AV_CODEC_FLAG_BITEXACT;
    if ((output_->oformat->flags & AVFMT_GLOBALHEADER) != 0) encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    if (codec->id == AV_CODEC_ID_H264) {
      av_opt_set(encoder_->priv_data, "crf", std::to_string(quality).c_str(), 0);
    } else {
      encoder_->flags |= AV_CODEC_FLAG_QSCALE;
      encoder_->global_quality = FF_QP2LAMBDA * std::clamp(quality / 6, 1, 31);
    }
    require_encoder(avcodec_open2(encoder_.get(), codec, nullptr));
    stream_ = libav::checked(avformat_new_stream(output_.get(), nullptr));
    require_encoder(avcodec_parameters_from_context(stream_->codecpar, encoder_.get()));
    stream_->time_base = duration_;
    stream_->avg_frame_rate = encoder_->framerate;
  }

  void require_encoder(int result) const {
    if (result >= 0) return;
    throw FileError(fmt::format("{}: cannot start the {} encoder for {} x {} pixels: {}",
                                name(),
                                encoder_->codec->name,
                                width_,
                                height_,
                                libav::reason(result)));
  }

  void make_frames() {
    rgb_ = libav::new_picture_frame(AV_PIX_FMT_RGB24, encoder_->width, encoder_->height);
    yuv_ = libav::new_picture_frame(AV_PIX_FMT_YUV420P, encoder_->width, encoder_->height);
    yuv_->colorspace = encoder_->colorspace;
    yuv_->color_range = encoder_->color_range;
    scaler_ = libav::checked(libav::Scaler(sws_getContext(rgb_->width,
                                                          rgb_->height,
                                                          AV_PIX_FMT_RGB24,
                                                          yuv_->width,
                                                          yuv_->height,
                                                          AV_PIX_FMT_YUV420P,
                                                          kExact,
                                                          nullptr,
                                                          nullptr,
                                                          nullptr)));
    const int* matrix = sws_getCoefficients(SWS_CS_ITU601);
    sws_setColorspaceDetails(scaler_.get(), matrix, 1, matrix, 0, 0, 1 << 16, 1 << 16);
  }

  void open_file() {
    require_room(avio_open(&output_->pb, file_.url().c_str(), AVIO_FLAG_WRITE));
    AVDictionary* options = nullptr;
    av_dict_set(&options, "movflags", "+faststart", 0);  // playback starts before the whole file is there
    const int result = avformat_write_header(output_.get(), &options);
    av_dict_free(&options);
    require_room(result);
  }

  void copy_with_padding(const Picture& frame) {
    for (int y = 0; y < rgb_->height; ++y) {
      const std::uint8_t* row = frame.pixel(0, std::min(y, frame.height - 1));
      std::uint8_t* target = rgb_->data[0] + std::ptrdiff_t{y} * rgb_->linesize[0];
      target = std::copy_n(row, frame.width * 3, target);
      if (rgb_->width > frame.width) std::copy_n(row + (frame.width - 1) * 3, 3, target);
    }
  }

  /// Sends a frame, or word of the end, and writes whatever packets are ready.
  void encode(const AVFrame* frame) {
    require_room(avcodec_send_frame(encoder_.get(), frame));
    for (;;) {
      const int result = avcodec_receive_packet(encoder_.get(), packet_.get());
      if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
      require_room(result);
      packet_->duration = 1;
      packet_->stream_index = stream_->index;
      av_packet_rescale_ts(packet_.get(), duration_, stream_->time_base);
      require_room(av_interleaved_write_frame(output_.get(), packet_.get()));
    }
  }

  PartialFile file_;
  int width_;
  int height_;
  AVRational duration_;  ///< of one frame, and the encoder's clock tick
  std::optional<AudioCopy> audio_;
  Output output_;
  libav::Codec encoder_;
  AVStream* stream_ = nullptr;
  libav::Scaler scaler_;
  libav::Frame rgb_;
  libav::Frame yuv_;
  libav::Packet packet_ = libav::new_packet();
  std::int64_t count_ = 0;
};

}  // namespace

std::unique_ptr<FrameSink> encode_video(const std::filesystem::path& path,
                                        int width,
                                        int height,
                                        const VideoOptions& options) {
  return std::make_unique<VideoSink>(path, width, height, options);
}

}  // namespace understudy
