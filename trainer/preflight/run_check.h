#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trainer/findings.h"
#include "trainer/preflight/batch_split.h"
#include "trainer/preflight/disk_need.h"
#include "trainer/preflight/memory_need.h"
#include "trainer/preflight/plan_check.h"
#include "trainer/preflight/run_directory.h"
#include "trainer/preflight/run_length.h"
#include "trainer/preflight/set_facts.h"
#include "trainer/trainer.h"
#include "trainer/weights_source.h"

namespace understudy {

/// A run that is to be looked at before it is started.
struct RunCheckRequest {
  TrainRequest train;
  RankLayout layout;
  MachineFacts machine;                ///< this one; nodes are taken to be like it unless they have GPUs
  std::optional<double> step_seconds;  ///< of an iteration; else the medians of the run's timing.jsonl are taken
};

/// What was found, and what the run will take. What could not be told because of a problem is empty.
struct RunCheck {
  Findings findings;
  std::optional<RunSettings> settings;
  RunDirectory directory;
  std::vector<PhaseSpan> phases;
  std::optional<BatchSplit> batch;
  std::optional<MemoryNeed> memory;
  std::optional<DiskNeed> disk;
  std::vector<SetFacts> sets;
  std::vector<WeightsFile> weights;
  std::optional<TransferReport> transfer;  ///< of --init-from
  std::optional<RunLength> length;
};

/// Everything that can be found wrong with a run before it starts, with nothing computed and nothing written: one
/// problem does not hide the next. Takes about the memory of the weights.
RunCheck check_run(const RunCheckRequest& request);

}  // namespace understudy
