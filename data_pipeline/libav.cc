#include "data_pipeline/libav.h"

namespace understudy::libav {
namespace {

constexpr const char* kContainers =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,gif,mxf,yuv4mpegpipe,h264,hevc,ivf,"
    "wav,mp3,aac,flac";

struct Options {
  AVDictionary* entries = nullptr;
  ~Options() { av_dict_free(&entries); }
};

}  // namespace

void silence() {
  [[maybe_unused]] static const bool silent = (av_log_set_level(AV_LOG_QUIET), true);
}

Input open_container(const std::filesystem::path& path) {
  silence();
  Options options;
  av_dict_set(&options.entries, "format_whitelist", kContainers, 0);
  av_dict_set(&options.entries, "protocol_whitelist", "file", 0);
  AVFormatContext* opened = nullptr;
  const int result = avformat_open_input(&opened, ("file:" + path.string()).c_str(), nullptr, &options.entries);
  if (result < 0) {
    throw DataError(
        fmt::format("{}: is neither a picture (PNG, JPEG) nor a video that can be read (MP4, MOV, Matroska, "
                    "WebM, AVI, MPEG, GIF): {}",
                    path.string(),
                    reason(result)));
  }
  return Input(opened);
}

void find_streams(const Input& input, const std::filesystem::path& path) {
  const int probed = avformat_find_stream_info(input.get(), nullptr);
  if (probed < 0) throw DataError(fmt::format("{}: no stream can be understood: {}", path.string(), reason(probed)));
}

Input open_input(const std::filesystem::path& path) {
  Input input = open_container(path);
  find_streams(input, path);
  return input;
}

int best_stream(const Input& input, AVMediaType kind) {
  const int index = av_find_best_stream(input.get(), kind, -1, -1, nullptr, 0);
  if (index < 0) return -1;
  return (input->streams[index]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0 ? -1 : index;
}

}  // namespace understudy::libav
