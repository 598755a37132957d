#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "trainer/faults/fault_report.h"

namespace understudy {

/// The file of a run that lists its roll-backs, one JSON object a line (docs/faults.md). A decision is in it durably
/// before it is acted upon, so that a killed run goes on with the same episodes excluded.
inline constexpr const char* kRollBacksName = "rollbacks.jsonl";

/// Roll-backs in a row to the same checkpoint.
inline constexpr std::int64_t kMostWithoutProgress = 3;

/// One line: why the run went back to its newest checkpoint, or gave up.
struct RollBack {
  FaultReport report;
  Iteration checkpoint = -1;          ///< that it went back to; -1: there was none
  std::int64_t without_progress = 1;  ///< roll-backs in a row to that checkpoint, this one included
  bool gave_up = false;               ///< the run ended instead, and excluded nothing more
};

/// The lines of a run's file in their order. @throws CheckpointError  when the file is no such list
std::vector<RollBack> read_roll_backs(const std::filesystem::path& run);

/// Numbers of the samples that roll-backs excluded.
std::vector<std::int64_t> samples_excluded_by(const std::vector<RollBack>& roll_backs);

/// What follows from a fault after the roll-backs so far. A newer checkpoint is progress; a later fault is none, since
/// a diverging run fails a little later each time. After giving up the count begins anew, since somebody will have
/// changed something.
/// @param checkpoint  the newest, or -1
RollBack next_roll_back(const std::vector<RollBack>& before, FaultReport report, Iteration checkpoint);

/// Adds a line, durably or not at all. @throws FileError
void add_roll_back(const std::filesystem::path& run, const RollBack& roll_back, const FileSystem& files);

/// Why the run ends: every fault of the row, and what to do. @param roll_backs  the last one gave up
std::string why_it_gave_up(const std::vector<RollBack>& roll_backs, int world_size);

/// Adds numbers to a list of samples: ascending, each once.
void merge_samples(std::vector<std::int64_t>& samples, const std::vector<std::int64_t>& more);

}  // namespace understudy
