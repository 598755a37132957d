#pragma once

// Handles of FFmpeg's libraries, shared by the sources that read, write and copy streams. No other header includes this
// one, so that FFmpeg's names stay inside those sources.

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy::libav {

struct Free {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVCodecContext* codec) const { avcodec_free_context(&codec); }
  void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
};
struct CloseInput {
  void operator()(AVFormatContext* input) const { avformat_close_input(&input); }
};
using Frame = std::unique_ptr<AVFrame, Free>;
using Packet = std::unique_ptr<AVPacket, Free>;
using Codec = std::unique_ptr<AVCodecContext, Free>;
using Scaler = std::unique_ptr<SwsContext, Free>;
using Input = std::unique_ptr<AVFormatContext, CloseInput>;

/// Stops the libraries from writing to stderr: their messages name neither file nor rank; ours do.
void silence();

/// What a negative return code of the libraries means.
inline std::string reason(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

template <class Handle>
Handle checked(Handle handle) {
  if (!handle) throw Error("FFmpeg's libraries are out of memory");
  return handle;
}

inline Frame new_frame() {
  return checked(Frame(av_frame_alloc()));
}
inline Packet new_packet() {
  return checked(Packet(av_packet_alloc()));
}

/// A buffer for pixels whose rows have the padding that vector code of the libraries may touch.
inline Frame new_picture_frame(AVPixelFormat format, int width, int height) {
  Frame frame = new_frame();
  frame->format = format;
  frame->width = width;
  frame->height = height;
  if (av_frame_get_buffer(frame.get(), 0) < 0) throw Error("FFmpeg's libraries are out of memory");
  return frame;
}

/// Opens a media file and reads its tables. Only local files of real media containers are read: a playlist could name
/// addresses, and the libraries would draw any text file as a video.
/// @throws DataError
Input open_container(const std::filesystem::path& path);

/// Reads packets until every stream is understood, which the tables of some containers do not suffice for.
/// @throws DataError
void find_streams(const Input& input, const std::filesystem::path& path);

/// Both. @throws DataError
Input open_input(const std::filesystem::path& path);

/// Number of the best stream of a kind, or -1; a cover picture is no video.
int best_stream(const Input& input, AVMediaType kind);

}  // namespace understudy::libav
