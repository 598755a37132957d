#include "trainer/report/timing_reading.h"

#include <algorithm>
#include <array>
#include <fstream>

#include <nlohmann/json.hpp>

#include "trainer/report/regular_choice.h"

namespace understudy {
namespace {

using Json = nlohmann::json;

Json parse(std::string_view line) {
  return Json::parse(line, nullptr, /*allow_exceptions=*/false);
}

IterationSeconds sums_of(const Json& line) {
  const Json since = line.value("since", Json::object());
  return {.iterations = since.value("iterations", std::int64_t{0}),
          .seconds = since.value("seconds", 0.0),
          .data_wait_seconds = since.value("data_wait_seconds", 0.0),
          .exchange_seconds = since.value("exchange_seconds", 0.0)};
}

/// @throws Json::exception  where a value has another type
TimeRecord record_of(const Json& line) {
  TimeRecord record;
  record.start = line.at("start");
  record.time = line.at("time");
  record.since = sums_of(line);
  const std::string event = line.value("event", "");
  if (event == "begin") {
    record.kind = TimeRecord::Kind::kBegin;
    record.began = line.at("began");
    record.completed = line.at("from_iteration");
    record.nodes = line.at("nodes").get<std::vector<std::string>>();
    return record;
  }
  record.completed = line.contains("iteration") ? line.at("iteration").get<std::int64_t>() + 1
                                                : line.at("completed").get<std::int64_t>();
  if (event == "end") {
    record.kind = TimeRecord::Kind::kEnd;
    record.message = line.at("message");
    const std::string end = line.at("end");
    for (const StartEnd each : {StartEnd::kDone, StartEnd::kRunAgain, StartEnd::kWentBack, StartEnd::kFailed}) {
      if (end == name_of(each)) record.end = each;
    }
  }
  for (const RunSpan span : {RunSpan::kSaving, RunSpan::kValidating, RunSpan::kSampling}) {
    if (event != name_of(span)) continue;
    record.kind = TimeRecord::Kind::kSpan;
    record.span = span;
    record.span_seconds = line.at("span_seconds");
  }
  return record;
}

std::optional<TimeRecord> record_if_any(const Json& line) {
  if (!line.is_object() || !line.contains("start")) return std::nullopt;
  try {
    return record_of(line);
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

/// Of the newest start alone.
class Paces {
 public:
  void begin() {
    ranks_.clear();
    longest_.clear();
    rates_ = {};
    memory_ = 0;
  }

  void add(const Json& line) {
    const auto seconds = line.at("rank_seconds").get<std::vector<double>>();
    ranks_.resize(std::max(ranks_.size(), seconds.size()));
    longest_.resize(ranks_.size());
    for (std::size_t rank = 0; rank < seconds.size(); ++rank) {
      ranks_[rank].add(seconds[rank]);
      longest_[rank] = std::max(longest_[rank], seconds[rank]);
    }
    rates_.add(line.at("samples_per_second"));
    memory_ = std::max<std::int64_t>(memory_, line.at("peak_memory_bytes"));
  }

  void put_into(RunTiming& timing) const {
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank)
      timing.ranks.push_back({ranks_[rank].median(), longest_[rank]});
    timing.iterations = rates_.size();
    timing.samples_per_second = rates_.median();
    timing.peak_memory_bytes = memory_;
  }

 private:
  std::vector<RegularChoice> ranks_;
  std::vector<double> longest_;
  RegularChoice rates_;
  std::int64_t memory_ = 0;
};

}  // namespace

std::optional<TimeRecord> read_time_record(std::string_view line) {
  return record_if_any(parse(line));
}

RunTiming read_timing(const std::filesystem::path& path) {
  RunTiming timing;
  Paces paces;
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) {
    if (text.empty()) continue;
    const Json line = parse(text);
    if (!line.is_object()) {
      ++timing.unreadable;
      continue;
    }
    const std::optional<TimeRecord> record = record_if_any(line);
    if (!record) {
      ++timing.without_start;
      continue;
    }
    timing.book.add(*record);
    const std::uint64_t newest = timing.book.starts().empty() ? 0 : timing.book.starts().back().number;
    if (record->start != newest) continue;
    if (record->kind == TimeRecord::Kind::kBegin) paces.begin();
    try {
      if (line.contains("rank_seconds")) paces.add(line);
    } catch (const Json::exception&) {
      ++timing.unreadable;
    }
  }
  paces.put_into(timing);
  return timing;
}

}  // namespace understudy
