#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "trainer/report/time_book.h"

namespace understudy {

/// What a rank took in the newest start.
struct RankPace {
  double median_seconds = 0.0;  ///< computing, of an iteration
  double longest_seconds = 0.0;
};

/// What timing.jsonl says of a run.
struct RunTiming {
  TimeBook book;
  std::vector<RankPace> ranks;         ///< by rank; of the newest start's logged iterations
  std::int64_t iterations = 0;         ///< that the paces are taken from, at most: a regular choice of many
  double samples_per_second = 0.0;     ///< median of the newest start's logged iterations
  std::int64_t peak_memory_bytes = 0;  ///< of rank 0, in the newest start
  std::int64_t unreadable = 0;         ///< lines that are none: of killed starts
  std::int64_t without_start = 0;      ///< lines that do not say of which start they are: of older versions
};

/// One line; nothing where it is unreadable or does not say of which start it is.
std::optional<TimeRecord> read_time_record(std::string_view line);

/// Line by line, in memory that does not grow with the run's length. A missing file is an empty one.
RunTiming read_timing(const std::filesystem::path& path);

}  // namespace understudy
