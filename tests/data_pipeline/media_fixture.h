#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <numbers>
#include <vector>

#include "data_pipeline/libav.h"
#include "data_pipeline/picture.h"
#include "data_pipeline/video_reader.h"
#include "data_pipeline/video_writer.h"

namespace understudy {

/// A smooth frame that survives lossy coding, with a bright square at a place that tells its number and the picture's
/// orientation.
inline Picture numbered_frame(int width, int height, int number) {
  Picture picture(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::uint8_t* pixel = picture.pixel(x, y);
      const bool square = x >= 4 + 8 * number && x < 12 + 8 * number && y >= 4 && y < 12;
      pixel[0] = square ? 250 : static_cast<std::uint8_t>(40 + 120 * x / width);
      pixel[1] = square ? 240 : static_cast<std::uint8_t>(60 + 100 * y / height);
      pixel[2] = square ? 20 : 90;
    }
  }
  return picture;
}

/// Largest mean absolute difference of a channel.
inline double mean_difference(const Picture& a, const Picture& b) {
  if (a.width != b.width || a.height != b.height) return 255;
  double sum = 0;
  for (std::size_t i = 0; i < a.rgb.size(); ++i) sum += std::abs(int{a.rgb[i]} - int{b.rgb[i]});
  return sum / static_cast<double>(a.rgb.size());
}

inline void write_numbered_video(
    const std::filesystem::path& path, int width, int height, int frames, const VideoOptions& options) {
  VideoWriter writer(path, width, height, options);
  for (int i = 0; i < frames; ++i) writer.write(numbered_frame(width, height, i));
  writer.finish();
}

inline std::vector<Picture> all_frames(VideoReader& reader) {
  std::vector<Picture> frames;
  while (auto frame = reader.next()) frames.push_back(std::move(*frame));
  return frames;
}

/// Writes `seconds` of a tone at 16 kHz, encoded by the library's own encoder of that name ("aac", "pcm_s16le").
inline void write_tone(const std::filesystem::path& path, const char* encoder_name, double seconds) {
  using namespace libav;
  silence();
  const AVCodec* encoder = avcodec_find_encoder_by_name(encoder_name);
  const Codec codec = checked(Codec(avcodec_alloc_context3(encoder)));
  codec->sample_rate = 16000;
  codec->sample_fmt = encoder->sample_fmts[0];
  av_channel_layout_default(&codec->ch_layout, 1);
  codec->time_base = {1, codec->sample_rate};
  codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  AVFormatContext* output = nullptr;
  if (avcodec_open2(codec.get(), encoder, nullptr) < 0 ||
      avformat_alloc_output_context2(&output, nullptr, nullptr, path.c_str()) < 0) {
    throw Error("cannot start the tone's encoder");
  }
  AVStream* stream = avformat_new_stream(output, nullptr);
  avcodec_parameters_from_context(stream->codecpar, codec.get());
  stream->time_base = codec->time_base;
  if (avio_open(&output->pb, path.c_str(), AVIO_FLAG_WRITE) < 0 || avformat_write_header(output, nullptr) < 0) {
    throw Error("cannot write the tone");
  }
  const Packet packet = new_packet();
  const auto drain = [&] {
    while (avcodec_receive_packet(codec.get(), packet.get()) >= 0) {
      av_packet_rescale_ts(packet.get(), codec->time_base, stream->time_base);
      av_interleaved_write_frame(output, packet.get());
    }
  };
  const int chunk = codec->frame_size > 0 ? codec->frame_size : 1024;
  for (std::int64_t at = 0; static_cast<double>(at) < seconds * 16000; at += chunk) {
    const Frame frame = new_frame();
    frame->nb_samples = chunk;
    frame->format = codec->sample_fmt;
    frame->sample_rate = codec->sample_rate;
    av_channel_layout_copy(&frame->ch_layout, &codec->ch_layout);
    av_frame_get_buffer(frame.get(), 0);
    frame->pts = at;
    for (int i = 0; i < chunk; ++i) {
      const double value = 0.5 * std::sin(2 * std::numbers::pi * 440 * static_cast<double>(at + i) / 16000);
      if (codec->sample_fmt == AV_SAMPLE_FMT_S16) {
        reinterpret_cast<std::int16_t*>(frame->data[0])[i] = static_cast<std::int16_t>(32767 * value);
      } else {
        reinterpret_cast<float*>(frame->data[0])[i] = static_cast<float>(value);
      }
    }
    avcodec_send_frame(codec.get(), frame.get());
    drain();
  }
  avcodec_send_frame(codec.get(), nullptr);
  drain();
  av_write_trailer(output);
  avio_closep(&output->pb);
  avformat_free_context(output);
}

struct PacketRecord {
  std::vector<std::uint8_t> bytes;
  double begins;  ///< seconds
};

/// The packets of a file's best stream of a kind, as stored.
inline std::vector<PacketRecord> packets_of(const std::filesystem::path& path, AVMediaType kind) {
  const libav::Input input = libav::open_input(path);
  const int index = libav::best_stream(input, kind);
  const libav::Packet packet = libav::new_packet();
  std::vector<PacketRecord> records;
  while (av_read_frame(input.get(), packet.get()) >= 0) {
    if (packet->stream_index == index) {
      const double begins = static_cast<double>(packet->pts) * av_q2d(input->streams[index]->time_base);
      records.push_back({{packet->data, packet->data + packet->size}, begins});
    }
    av_packet_unref(packet.get());
  }
  return records;
}

}  // namespace understudy
