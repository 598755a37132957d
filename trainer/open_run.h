#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "checkpoints/store.h"
#include "clusters/rank_context.h"
#include "common/errors.h"
#include "data_pipeline/mixed_sampler.h"
#include "trainer/batch_source.h"
#include "trainer/saving/checkpoint_saver.h"
#include "trainer/saving/run_state.h"
#include "trainer/saving/save_schedule.h"
#include "trainer/trainer.h"
#include "trainer/validator.h"
#include "trainer/watching/event_file.h"
#include "trainer/watching/run_log.h"
#include "trainer/watching/run_monitor.h"
#include "trainer/watching/stragglers.h"
#include "trainer/watching/timing_log.h"

namespace understudy {

/// A run as its loop finds it: read, checked, resumed, its logs open. Its parts refer to each other, so it stays where
/// it was made.
struct OpenRun {
  OpenRun(const std::filesystem::path& directory, const FileSystem& files) : store(directory, files) {}

  const RunConfig& config() const { return settings->run; }
  /// Has the time book know, on rank 0, what the training thread did between iterations.
  void spent(RunSpan span, std::chrono::duration<double> time) {
    if (timing) timing->spent(span, time.count(), completed);
  }
  RunState state() { return {*recipe, *engine, *stopping, completed, finished, due}; }

  CheckpointStore store;
  at::Device device{at::kCPU};  ///< where this rank computes
  std::optional<RunSettings> settings;
  RunIdentity identity;
  std::shared_ptr<const DataSet> validation_set;
  std::unique_ptr<Recipe> recipe;
  std::optional<MixedSampler> sampler;
  std::optional<Sampler> validation_sampler;
  std::optional<Validator> validator;
  std::unique_ptr<StepEngine> engine;
  std::optional<StoppingRule> stopping;
  std::unique_ptr<JsonLines> metrics;  ///< on rank 0, as the next five
  std::unique_ptr<EventFile> events;
  std::unique_ptr<TimingLog> timing;
  std::optional<SaveSchedule> schedule;
  std::unique_ptr<RunMonitor> monitor;
  std::optional<Stragglers> stragglers;
  std::unique_ptr<TrainingBatches> batches;
  Iteration completed = 0;  ///< finished iterations
  Iteration saved = -1;     ///< those behind the newest checkpoint
  bool finished = false;    ///< stopped by validation
  DueWork due;
  std::set<Iteration> damaged;  ///< on rank 0: checkpoints before this start's that went bad
  std::jthread copying;         ///< copies the sets to data.cache
  std::unique_ptr<CheckpointSaver> saver;
};

/// An earlier start changed the run while this one opened it, which it now owns: what to go on from has to be looked
/// for again.
class ChangedMeanwhile : public Error {
 public:
  using Error::Error;
};

/// Opens the run directory and everything that the configuration names, resumes the newest intact checkpoint or takes
/// the weights of --init-from, and takes the run over from earlier starts. Collective.
/// @throws ConfigError, DataError, CheckpointError, ClusterError  before anything in the run was changed
/// @throws ChangedMeanwhile  on all ranks
std::unique_ptr<OpenRun> open_run(const TrainRequest& request, const RankContext& context);

}  // namespace understudy
