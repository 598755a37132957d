#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "trainer/fault_report.h"

namespace understudy {

/// The file of a run that lists its roll-backs, one JSON object a line (docs/faults.md). A decision is in it durably
/// before it is acted upon, so that a killed run goes on with the same episodes excluded.
inline constexpr const char* kRollBacksName = "rollbacks.jsonl";

/// Roll-backs in a row that may bring a run no further.
inline constexpr std::int64_t kMostWithoutProgress = 3;

/// One line: why the run went back to its newest checkpoint, or gave up.
struct RollBack {
  FaultReport report;
  std::int64_t without_progress = 1;  ///< roll-backs in a row, this one included, since the run came past the fault
  bool gave_up = false;               ///< the run ended instead, and excluded nothing more
};

/// The lines of a run's file in their order. @throws CheckpointError  when the file is no such list
std::vector<RollBack> read_roll_backs(const std::filesystem::path& run);

/// Numbers of the samples that roll-backs excluded.
std::vector<std::int64_t> samples_excluded_by(const std::vector<RollBack>& roll_backs);

/// What follows from a fault after the roll-backs so far. There was progress when the fault is at a later iteration
/// than every one before in the row. After giving up the count begins anew, since somebody will have changed something.
RollBack next_roll_back(const std::vector<RollBack>& before, FaultReport report);

/// Adds a line, durably or not at all. @throws FileError
void add_roll_back(const std::filesystem::path& run, const RollBack& roll_back, const FileSystem& files);

/// Why the run ends: every fault of the row, and what to do. @param roll_backs  the last one gave up
std::string why_it_gave_up(const std::vector<RollBack>& roll_backs, int world_size);

/// Adds numbers to a list of samples: ascending, each once.
void merge_samples(std::vector<std::int64_t>& samples, const std::vector<std::int64_t>& more);

}  // namespace understudy
