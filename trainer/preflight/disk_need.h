#pragma once

#include <cstdint>
#include <string>

#include "common/problems.h"
#include "trainer/run_config.h"

namespace understudy {

/// Checkpoints that a run directory holds at most, and their bytes.
struct DiskNeed {
  std::int64_t checkpoint_bytes = 0;
  std::int64_t newest = 0;   ///< kept because they are the newest
  std::int64_t marked = 0;   ///< kept because their iteration is a multiple of checkpoints.keep_every
  std::int64_t best = 0;     ///< kept as best of a phase
  std::int64_t writing = 1;  ///< a new one is whole before an old one goes

  std::int64_t checkpoints() const { return newest + marked + best + writing; }
  std::int64_t bytes() const { return checkpoints() * checkpoint_bytes; }
};

/// The disk of a run directory.
struct DiskSpace {
  std::string place;  ///< for the message
  std::int64_t free_bytes = 0;
  std::int64_t present_bytes = 0;  ///< of checkpoints that are there already
};

/// A problem when the disk cannot hold what the run keeps.
void check_disk(const DiskNeed& need, const DiskSpace& space, Problems& problems);

/// The most that the retention policy leaves at any moment of the whole run. A checkpoint that is kept for two reasons
/// counts twice, so this is an upper bound.
/// @param validated_phases  phases in which the run validates at least once
DiskNeed disk_need(const RunConfig& config, std::int64_t checkpoint_bytes, std::int64_t validated_phases);

}  // namespace understudy
