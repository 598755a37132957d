#include "common/log.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>

#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace understudy {
namespace {

constexpr std::string_view kClearLine = "\r\x1b[K";
constexpr std::string_view kNoColour = "\x1b[0m";
constexpr int kUsualColumns = 80;

std::string_view colour_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::warn:
      return "\x1b[33m";
    case spdlog::level::err:
    case spdlog::level::critical:
      return "\x1b[31m";
    default:
      return "\x1b[32m";
  }
}

/// The log of a terminal, with one line below it that is written over and over.
class LiveSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LiveSink(int columns) : columns_(columns) {}
  ~LiveSink() override {
    if (!line_.empty()) put("\n");
  }

  int columns() const { return columns_; }
  void show(std::string_view line) {
    const std::lock_guard lock(mutex_);
    line_ = line;
    put(fmt::format("{}{}", kClearLine, line_));
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    const std::string_view whole(text.data(), text.size());
    put(fmt::format("{}{}{}{}{}{}{}",
                    kClearLine,
                    whole.substr(0, message.color_range_start),
                    colour_of(message.level),
                    whole.substr(message.color_range_start, message.color_range_end - message.color_range_start),
                    kNoColour,
                    whole.substr(message.color_range_end),
                    line_));
  }
  void flush_() override { std::fflush(stderr); }

 private:
  static void put(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  }

  int columns_;
  std::string line_;
};

LiveSink* live_sink() {
  return dynamic_cast<LiveSink*>(spdlog::default_logger()->sinks().front().get());
}

/// Of the rank's own terminal, or of the one that `launch` runs in.
int columns_of_rank() {
  if (const char* told = std::getenv(kLiveLineVariable)) return std::atoi(told);
  return terminal_columns();
}

}  // namespace

void set_up_log(int rank, int world_size) {
  const int columns = rank == 0 ? columns_of_rank() : 0;
  spdlog::sink_ptr sink;
  if (columns > 0) {
    sink = std::make_shared<LiveSink>(columns);
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  }
  auto logger = std::make_shared<spdlog::logger>("understudy", std::move(sink));
  logger->set_pattern(fmt::format("%Y-%m-%d %H:%M:%S %^%l%$ rank {}/{} %v", rank, world_size));
  logger->set_level(rank == 0 ? spdlog::level::info : spdlog::level::warn);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

int terminal_columns() {
  const char* kind = std::getenv("TERM");
  if (::isatty(STDERR_FILENO) == 0 || kind == nullptr || std::string_view(kind) == "dumb") return 0;
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualColumns;
  return size.ws_col;
}

bool show_live_line(std::string_view line) {
  LiveSink* sink = live_sink();
  if (sink != nullptr) sink->show(line);
  return sink != nullptr;
}

int live_line_columns() {
  const LiveSink* sink = live_sink();
  return sink == nullptr ? 0 : sink->columns();
}

}  // namespace understudy
