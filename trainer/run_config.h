#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "clusters/rank_device.h"
#include "common/config.h"
#include "data_pipeline/episode_frames.h"
#include "trainer/recipe.h"

namespace understudy {

/// kAuto: ordered on processors, fast on GPUs.
enum class GradientReduction { kAuto, kOrdered, kFast };
/// What prepared pictures wait in for the step and travel to its device in.
enum class HandOver { kFloat32, kFloat16 };
/// What a number that is not finite, a spike of a loss or a replica that drifted does (docs/faults.md).
enum class FaultPolicy { kStop, kSkip, kRollback };
enum class MetricMode { kMaximise, kMinimise };

struct FaultConfig {
  FaultPolicy on_nonfinite = FaultPolicy::kStop;
  double spike_threshold = 0.0;     ///< robust z-score; 0: no loss is a spike
  std::int64_t spike_window = 100;  ///< iterations that a loss is compared with
  std::int64_t drift_every = 500;   ///< iterations between comparisons of the replicas; 0: never
};

struct OptimizerConfig {
  double learning_rate = 1e-4;
  std::int64_t warmup_iterations = 2500;
  double decay_factor = 0.16;
  std::int64_t decay_iterations = 4'000'000;
  AdamOptions adam;
};

struct ValidationConfig {
  std::int64_t every = 5000;
  std::int64_t episodes = 500;
  std::int64_t micro_batch = 1;
  std::string metric = "psnr";
  MetricMode mode = MetricMode::kMaximise;
  std::int64_t patience = 0;
  double min_delta = 0.0;
  std::int64_t keep_best = 1;
};

/// What the time between saves is counted in; kAuto: chosen from what a save costs and how often the run fails.
enum class SaveInterval { kIterations, kMinutes, kAuto };
/// What happens to a save that is due while the one before is still being written.
enum class BusySave { kWait, kSkip };

struct CheckpointConfig {
  SaveInterval interval = SaveInterval::kIterations;
  std::int64_t every = 1000;
  double minutes = 10.0;
  BusySave when_busy = BusySave::kWait;
  std::int64_t keep_newest = 3;
  std::int64_t keep_every = 100'000;
};

/// What every run has, whatever its recipe; the recipe adds sections of its own.
struct RunConfig {
  std::string recipe;
  std::int64_t seed = 0;
  std::int64_t max_iterations = 4'000'000;
  std::int64_t log_every = 10;
  std::int64_t sample_every = 5000;
  std::int64_t histogram_every = 0;
  std::string prometheus;
  FaultConfig faults;
  BatchLayout batch;
  OptimizerConfig optimizer;
  std::vector<std::string> train_sets;
  std::vector<double> weights;  ///< of train_sets; empty: equal
  Balance balance = Balance::kIdentity;
  std::string identity;   ///< of the one person to train on; empty: everyone
  double held_out = 0.0;  ///< share of the training set's frames that serve validation instead
  std::string validation_set;
  std::vector<std::int64_t> exclude;  ///< numbers of samples that are never drawn
  std::int64_t loader_threads = 2;
  std::int64_t prefetch = 4;
  std::int64_t read_threads = 8;
  std::int64_t read_ahead = 32;
  HandOver hand_over = HandOver::kFloat32;
  std::string cache;
  std::int64_t cache_gib = 200;
  CorruptFrames on_corrupt = CorruptFrames::kStop;
  ValidationConfig validation;
  CheckpointConfig checkpoints;
  DeviceChoice device = DeviceChoice::kAuto;
  GradientReduction reduction = GradientReduction::kAuto;
  std::int64_t threads_per_rank = 0;

  bool validates() const { return validation.every > 0 && (!validation_set.empty() || held_out > 0.0); }
};

void describe(ConfigVisitor& visitor, RunConfig& config);

/// Cross-field checks that need no file and no cluster.
void validate(const RunConfig& config, Problems& problems);

}  // namespace understudy
