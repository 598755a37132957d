#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/file_system.h"
#include "trainer/loader_statistics.h"
#include "trainer/recipe.h"
#include "trainer/watching/run_log.h"

namespace understudy {

/// Seconds since 1970 as one start of a run counts them: read from the system once, then counted by a clock that no
/// correction of the system's time moves, so that stretches of a start never overlap.
class StartClock {
 public:
  StartClock();
  double began() const { return began_; }
  double now() const;

 private:
  double began_;
  std::chrono::steady_clock::time_point origin_;
};

/// What a start of a run says of itself.
struct TimedStart {
  std::uint64_t number = 0;
  double began = 0.0;              ///< seconds since 1970
  Iteration from = 0;              ///< finished iterations that it goes on from
  std::vector<std::string> nodes;  ///< of the ranks, in their order
};

/// Sums over iterations, on rank 0's clock.
struct IterationSeconds {
  std::int64_t iterations = 0;
  double seconds = 0.0;  ///< of whole iterations, the next two among them
  double data_wait_seconds = 0.0;
  double exchange_seconds = 0.0;
};

/// One logged iteration.
struct IterationTiming {
  double seconds = 0.0;
  double data_wait_seconds = 0.0;
  double exchange_seconds = 0.0;
  double samples_per_second = 0.0;
  std::int64_t peak_memory_bytes = 0;
  std::vector<double> rank_seconds;  ///< computing, of every rank
  LoaderStatistics loader;           ///< of the rank that writes
};

/// What the training thread does between iterations.
enum class RunSpan { kSaving, kValidating, kSampling };
std::string_view name_of(RunSpan span);

/// How a start ended that lived to say so.
enum class StartEnd {
  kDone,
  kRunAgain,
  kWentBack,  ///< to the newest checkpoint, in the same process
  kFailed
};
std::string_view name_of(StartEnd end);

/// `timing.jsonl`: what a run took, one JSON object a line, over all its starts (docs/report.md). A line that a killed
/// start left half written is closed first. Every line of a start carries the sums over the iterations since its line
/// before, so that together they account for all of its time, however seldom iterations are logged.
class TimingLog {
 public:
  /// Writes the line of the start's beginning. @param now  seconds since 1970 on the start's clock
  /// @throws FileError, here and below
  TimingLog(const std::filesystem::path& path,
            const TimedStart& start,
            std::function<double()> now,
            const FileSystem& files = system_files());

  /// Takes what an iteration took; a line is written only where there was none for long.
  void count(const IterationSeconds& iteration, Iteration completed);
  /// The line of an iteration that was counted before.
  void logged(Iteration iteration, int world_size, const IterationTiming& timing);
  /// @param seconds  that the training thread spent on it
  void spent(RunSpan span, double seconds, Iteration completed);
  /// The last line of a start that lives to write it; closes the file.
  void ended(StartEnd end, const std::string& message, Iteration completed);

 private:
  void append(nlohmann::ordered_json line);

  std::uint64_t start_;
  std::function<double()> now_;
  JsonLines lines_;
  IterationSeconds since_;  ///< the last line
  double last_ = 0.0;       ///< time of the last line
};

}  // namespace understudy
