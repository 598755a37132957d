#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trainer/watching/timing_log.h"

namespace understudy {

/// Where a run's time went. Every second from the beginning of its first start to its last record is in one of them.
enum class TimeUse {
  kUseful,    ///< iterations that the run still stands on, waiting for data left out
  kDataWait,  ///< of these iterations
  kSaving,    ///< that the training thread was held up by
  kValidating,
  kSampling,    ///< drawing sample pictures
  kOther,       ///< between iterations: logs
  kLost,        ///< whatever came after the iteration that a later start went on from: done in vain, or done again
  kRestarting,  ///< from the beginning of a start to the opening of its logs: set-up, data, resuming
  kNotRunning,  ///< between the last record of a start and the beginning of the next one
};
inline constexpr std::size_t kTimeUses = 9;

/// One line of timing.jsonl as the book needs it.
struct TimeRecord {
  enum class Kind { kBegin, kProgress, kSpan, kEnd };
  Kind kind = Kind::kProgress;
  std::uint64_t start = 0;
  double time = 0.0;           ///< seconds since 1970
  double began = 0.0;          ///< kBegin
  std::int64_t completed = 0;  ///< finished iterations; kBegin: those it goes on from
  IterationSeconds since = {};
  RunSpan span = RunSpan::kSaving;      ///< kSpan
  double span_seconds = 0.0;            ///< kSpan
  std::vector<std::string> nodes = {};  ///< kBegin: of the ranks
  StartEnd end = StartEnd::kDone;       ///< kEnd
  std::string message = {};             ///< kEnd
};

/// One start of a run.
struct RunStart {
  std::uint64_t number = 0;
  double began = 0.0;              ///< seconds since 1970
  double last = 0.0;               ///< time of its last record
  std::int64_t from = 0;           ///< finished iterations at its beginning
  std::int64_t reached = 0;        ///< and at its last record
  std::int64_t lost = 0;           ///< of these, done in vain or again
  std::vector<std::string> nodes;  ///< of its ranks
  std::optional<StartEnd> end;     ///< nothing where it did not live to say, or lives on
  std::string message;             ///< of its end
};

/// Adds up where a run's time went, record after record in the order of the file. Memory grows with starts and saves
/// alone.
class TimeBook {
 public:
  /// Records of a start that a later one has taken over from are left out.
  void add(const TimeRecord& record);

  double seconds(TimeUse use) const;
  double total() const;
  /// 0 when there is no time at all.
  double share(TimeUse use) const;
  double exchange_seconds() const;  ///< within kUseful
  std::int64_t lost_iterations() const;
  const std::vector<RunStart>& starts() const { return starts_; }

 private:
  using Seconds = std::array<double, kTimeUses>;
  /// Work from one save to the next: later starts stand on it, or it is lost.
  struct Stretch {
    std::size_t start;  ///< place in starts_
    std::int64_t first;
    std::int64_t end;
    Seconds seconds{};
    double exchange_seconds = 0.0;
  };

  void begin(const TimeRecord& record);
  void open_stretch(std::int64_t first);
  void lose_after(std::int64_t completed);
  void add_work(const TimeRecord& record);

  double lost_seconds_ = 0.0;
  double restarting_seconds_ = 0.0;
  double not_running_seconds_ = 0.0;
  std::vector<RunStart> starts_;
  std::vector<Stretch> stretches_;  ///< that are not lost so far, ascending
};

}  // namespace understudy
