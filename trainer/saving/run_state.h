#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "checkpoints/store.h"
#include "clusters/communicator.h"
#include "trainer/recipe.h"
#include "trainer/run_config.h"
#include "trainer/saving/checkpoint_saver.h"
#include "trainer/step_engine.h"
#include "trainer/stopping.h"
#include "trainer/watching/event_file.h"
#include "trainer/watching/run_log.h"

namespace understudy {

/// Work after an iteration that a stop may have left to the next start.
struct DueWork {
  bool validation = false;
  bool samples = false;
  bool any() const { return validation || samples; }
};

/// What a checkpoint is written from and read into.
struct RunState {
  Recipe& recipe;
  StepEngine& engine;
  StoppingRule& stopping;
  std::int64_t completed = 0;  ///< finished iterations
  bool finished = false;       ///< stopped by validation: a resume has nothing to do
  DueWork due = {};
};

/// What a checkpoint says about where it belongs.
struct RunIdentity {
  std::string config;
  std::map<std::string, std::string> data_fingerprints;
  std::uint64_t incarnation = 0;
};

/// The part trainer.json of a checkpoint.
std::string write_trainer_state(std::int64_t completed,
                                bool finished,
                                const DueWork& due,
                                const StoppingRule& stopping,
                                const SpikeDetector& spikes);

/// Copies a verified checkpoint into the networks, the optimisers and the stopping rule. Every rank reads it itself.
/// @throws CheckpointError  when tensors are missing or misshapen
void load_run_state(const LoadedCheckpoint& checkpoint, RunState& state);

/// Which checkpoints stay, by the configuration and the validations so far.
RetentionPolicy retention_of(const RunConfig& config, const StoppingRule& stopping);

/// What a checkpoint of this moment holds besides tensors, and which checkpoints stay after it.
CheckpointOrder order_checkpoint(const RunIdentity& identity,
                                 const RunState& state,
                                 const JsonLines& metrics,
                                 const EventFile& events,
                                 const RunConfig& config);

/// Runs `work` on rank 0; if it throws there, every rank throws the same message, so that none waits for the others.
void on_rank_zero(Communicator& communicator, std::string_view intent, const std::function<void()>& work);

}  // namespace understudy
