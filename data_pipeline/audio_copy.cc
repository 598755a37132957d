#include "data_pipeline/audio_copy.h"

#include <utility>

#include "data_pipeline/picture_folder.h"

namespace understudy {

std::optional<AudioCopy> AudioCopy::open(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path) || begins_like_picture(path)) return std::nullopt;
  libav::Input input = libav::open_input(path);
  const int index = libav::best_stream(input, AVMEDIA_TYPE_AUDIO);
  if (index < 0) return std::nullopt;
  return AudioCopy(path, std::move(input), index);
}

AudioCopy::AudioCopy(std::filesystem::path path, libav::Input input, int index)
    : path_(std::move(path)), input_(std::move(input)), source_(input_->streams[index]) {
  const int video = libav::best_stream(input_, AVMEDIA_TYPE_VIDEO);
  if (video < 0) return;
  const AVStream* pictures = input_->streams[video];
  if (pictures->start_time == AV_NOPTS_VALUE) return;
  start_ = av_rescale_q(pictures->start_time, pictures->time_base, source_->time_base);
}

void AudioCopy::add_stream(AVFormatContext& output, std::string_view name) {
  const AVCodecID codec = source_->codecpar->codec_id;
  if (avformat_query_codec(output.oformat, codec, FF_COMPLIANCE_NORMAL) != 1) {
    throw ConfigError(fmt::format("{}: {} cannot hold the {} sound of {}; give the output the extension .mkv",
                                  name,
                                  output.oformat->long_name,
                                  avcodec_get_name(codec),
                                  path_.string()));
  }
  AVStream* stream = libav::checked(avformat_new_stream(&output, nullptr));
  if (avcodec_parameters_copy(stream->codecpar, source_->codecpar) < 0)
    throw Error("FFmpeg's libraries are out of memory");
  stream->codecpar->codec_tag = 0;  // tags belong to a container; the output's writer finds its own
  stream->time_base = source_->time_base;
  target_ = stream;
}

bool AudioCopy::fetch() {
  if (pending_) return true;
  for (;;) {
    const int result = av_read_frame(input_.get(), packet_.get());
    if (result == AVERROR_EOF) return false;
    if (result < 0) {
      throw DataError(
          fmt::format("{}: cannot read the sound: {}; replace the file", path_.string(), libav::reason(result)));
    }
    if (packet_->stream_index == source_->index) break;
    av_packet_unref(packet_.get());
  }
  pending_ = true;
  return true;
}

int AudioCopy::copy_until(AVFormatContext& output, double seconds) {
  while (fetch()) {
    const double begins =
        packet_->dts == AV_NOPTS_VALUE ? 0.0 : static_cast<double>(packet_->dts - start_) * av_q2d(source_->time_base);
    if (begins >= seconds) return 0;
    if (packet_->pts != AV_NOPTS_VALUE) packet_->pts -= start_;
    if (packet_->dts != AV_NOPTS_VALUE) packet_->dts -= start_;
    av_packet_rescale_ts(packet_.get(), source_->time_base, target_->time_base);
    packet_->stream_index = target_->index;
    packet_->pos = -1;
    pending_ = false;
    const int result = av_interleaved_write_frame(&output, packet_.get());
    if (result < 0) return result;
  }
  return 0;
}

}  // namespace understudy
