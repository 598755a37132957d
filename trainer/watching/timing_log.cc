#include "trainer/watching/timing_log.h"

#include <fstream>
#include <utility>

#include <nlohmann/json.hpp>

#include "trainer/watching/event_file.h"

namespace understudy {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

/// Of what comes after the last line of a killed start nothing is known: so much at most, or one iteration.
constexpr double kLongestSilence = 30.0;

Json loader_object(const LoaderStatistics& loader) {
  return Json{{"read_seconds", loader.read_seconds},
              {"prepare_seconds", loader.prepare_seconds},
              {"bytes_read", loader.reads.bytes},
              {"batches_ready", loader.batches_ready},
              {"reads_ready", loader.reads_ready},
              {"repeated_reads", loader.reads.repeated},
              {"replaced_frames", loader.replaced_frames}};
}

bool ends_inside_a_line(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.seekg(-1, std::ios::end)) return false;
  return file.get() != '\n';
}

}  // namespace

StartClock::StartClock() : began_(wall_clock()), origin_(Clock::now()) {}

double StartClock::now() const {
  return began_ + std::chrono::duration<double>(Clock::now() - origin_).count();
}

std::string_view name_of(RunSpan span) {
  switch (span) {
    case RunSpan::kSaving:
      return "saving";
    case RunSpan::kValidating:
      return "validating";
    case RunSpan::kSampling:
      return "sampling";
  }
  return "";
}

std::string_view name_of(StartEnd end) {
  switch (end) {
    case StartEnd::kDone:
      return "done";
    case StartEnd::kRunAgain:
      return "run again";
    case StartEnd::kWentBack:
      return "went back";
    case StartEnd::kFailed:
      return "failed";
  }
  return "";
}

TimingLog::TimingLog(const std::filesystem::path& path,
                     const TimedStart& start,
                     std::function<double()> now,
                     const FileSystem& files)
    : start_(start.number), now_(std::move(now)), lines_(path, -1, files) {
  if (ends_inside_a_line(path)) lines_.append("");
  append({{"event", "begin"}, {"began", start.began}, {"from_iteration", start.from}, {"nodes", start.nodes}});
}

void TimingLog::append(Json line) {
  last_ = now_();
  line["start"] = start_;
  line["time"] = last_;
  line["since"] = {{"iterations", since_.iterations},
                   {"seconds", since_.seconds},
                   {"data_wait_seconds", since_.data_wait_seconds},
                   {"exchange_seconds", since_.exchange_seconds}};
  since_ = {};
  lines_.append(line.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void TimingLog::count(const IterationSeconds& iteration, Iteration completed) {
  since_.iterations += iteration.iterations;
  since_.seconds += iteration.seconds;
  since_.data_wait_seconds += iteration.data_wait_seconds;
  since_.exchange_seconds += iteration.exchange_seconds;
  if (now_() - last_ >= kLongestSilence) append({{"event", "going on"}, {"completed", completed}});
}

void TimingLog::logged(Iteration iteration, int world_size, const IterationTiming& timing) {
  append({{"iteration", iteration},
          {"world_size", world_size},
          {"seconds", timing.seconds},
          {"data_wait_seconds", timing.data_wait_seconds},
          {"exchange_seconds", timing.exchange_seconds},
          {"samples_per_second", timing.samples_per_second},
          {"peak_memory_bytes", timing.peak_memory_bytes},
          {"rank_seconds", timing.rank_seconds},
          {"loader", loader_object(timing.loader)}});
}

void TimingLog::spent(RunSpan span, double seconds, Iteration completed) {
  append({{"event", name_of(span)}, {"span_seconds", seconds}, {"completed", completed}});
}

void TimingLog::ended(StartEnd end, const std::string& message, Iteration completed) {
  append({{"event", "end"}, {"end", name_of(end)}, {"message", message}, {"completed", completed}});
  lines_.close();
}

}  // namespace understudy
