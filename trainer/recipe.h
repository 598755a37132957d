#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

#include "data_pipeline/episode_frames.h"
#include "data_pipeline/picture.h"
#include "data_pipeline/sampler.h"

namespace understudy {

struct TransferReport;

/// One optimiser step, counted from 0.
using Iteration = std::int64_t;

/// How the samples of an iteration are grouped. Part of the method, not of the machine.
struct BatchLayout {
  std::int64_t global_batch = 24;     ///< samples behind one optimiser step, over all ranks
  std::int64_t micro_batch = 8;       ///< samples of one forward and backward pass
  std::int64_t statistics_group = 0;  ///< samples over which a loss that couples samples is taken; 0: micro_batch

  std::int64_t micro_batches() const { return global_batch / micro_batch; }
  std::int64_t micro_batches_per_group() const { return statistics_group == 0 ? 1 : statistics_group / micro_batch; }
};

/// A prepared sample: tensors without batch dimension, in an order that only the recipe knows.
using Sample = std::vector<at::Tensor>;

/// What a sample is prepared for: a training iteration, or validation, which draws no augmentation.
struct SampleUse {
  bool training = true;
  Iteration iteration = 0;
};

/// The samples of one forward pass, stacked along a new first dimension.
struct MicroBatch {
  Iteration iteration = 0;
  std::int64_t index = 0;         ///< number of the micro-batch within its global batch, or within the validation list
  std::vector<Episode> episodes;  ///< where the samples came from, for messages
  Sample tensors;

  std::int64_t size() const { return static_cast<std::int64_t>(episodes.size()); }
};

/// Values that couple the samples of a statistics group, computed without gradient for all of its slots. A micro-batch
/// differentiates its own rows and takes the others from here.
struct CoupledGroup {
  at::Tensor values;           ///< [statistics_group, ...] in slot order; undefined when the recipe couples nothing
  std::int64_t first_row = 0;  ///< the micro-batch's own rows start here
};

/// A named scalar for the metrics log.
using Term = std::pair<std::string, double>;

/// Adam, or its rectified form, which waits until it has seen enough gradients to divide by their size.
enum class AdamKind { kAdam, kRAdam };

/// Options of Adam (Kingma & Ba 2015) as torch has them and of RAdam (Liu et al. 2020), without weight decay.
struct AdamOptions {
  AdamKind kind = AdamKind::kAdam;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};

/// One trained party: its parameters, when it steps and how fast.
struct Player {
  std::string name;                                            ///< "generator"; prefix of its optimiser state
  std::vector<std::pair<std::string, at::Tensor>> parameters;  ///< official names and order
  AdamOptions adam;
  std::function<double(Iteration)> learning_rate;
  std::function<bool(Iteration)> active = [](Iteration) { return true; };  ///< does it step at this iteration?
};

/// What one player minimises on one micro-batch. `compute` runs with the other players' parameters frozen; the trainer
/// runs objectives in order, each followed by its backward pass, all on the weights before the step. Of a player that
/// does not step, terms and statistics alone are taken.
struct Objective {
  struct Result {
    at::Tensor loss;                       ///< scalar
    std::vector<Term> terms;               ///< weighted as logged
    std::vector<at::Tensor> statistics{};  ///< batch statistics to be averaged over micro-batches (BatchNorm)
  };
  std::size_t player = 0;
  std::function<Result()> compute;
};

/// What a published system is. It knows nothing of ranks, files, checkpoints or time.
class Recipe {
 public:
  virtual ~Recipe() = default;

  /// Frames of a sample and the annotations it needs.
  virtual EpisodeSpec episode() const = 0;

  /// Moves networks, frozen ones too, to a device and settles what its products compute in. Called once, before
  /// anything else that computes. Parameters and buffers stay the tensors that `players` and `state` hand out.
  virtual void move_to(at::Device device) = 0;

  /// Decodes and augments, a pure function of its arguments; called on any thread, and again with another frame where
  /// one could not be decoded. All draws are keyed by the sample's number.
  virtual Sample prepare(const EpisodeFrames& frames, const SampleUse& use) const = 0;

  /// Every number that `prepare` draws for a sample besides its frames, under names for a reader.
  /// @returns  a JSON object
  virtual nlohmann::ordered_json describe_draws(const EpisodeFrames& frames, const SampleUse& use) const;

  virtual std::vector<Player> players() = 0;

  /// Name of the phase an iteration belongs to ("I"); patience and best-k restart where it changes. A
  /// name that has ended never comes back.
  virtual std::string phase(Iteration) const { return "train"; }

  /// Called once before the micro-batches of an iteration, on every rank alike (power iterations of spectral norms).
  virtual void begin_iteration(Iteration) {}

  /// Values of the micro-batch's own rows that a statistics group couples, without gradient; undefined if there are
  /// none.
  virtual at::Tensor coupled_values(const MicroBatch&) { return {}; }

  virtual std::vector<Objective> objectives(const MicroBatch& batch, const CoupledGroup& group) = 0;

  /// Takes the mean over micro-batches of what the objectives returned as statistics, once an iteration.
  virtual void apply_statistics(std::span<const at::Tensor>) {}

  /// Called after every player stepped and statistics were applied, on every rank alike (running averages of weights).
  virtual void after_step(Iteration) {}

  /// Called once after `state` was filled from other weights to start a run from: what they lacked may follow from what
  /// they had (running averages of weights).
  virtual void weights_taken(const TransferReport&) {}

  virtual std::vector<std::string> validation_metrics() const = 0;
  /// One row of numbers an episode, in the order of `validation_metrics`.
  virtual std::vector<std::vector<double>> validate(const MicroBatch& batch) = 0;

  /// The tensors of a micro-batch under the names that `understudy replay` reads.
  virtual std::vector<std::pair<std::string, at::Tensor>> batch_tensors(const MicroBatch& batch) const = 0;

  /// A row of pictures an episode as the networks see them, as many for each: sources | driving.
  virtual std::vector<Picture> input_pictures(const MicroBatch&) const { return {}; }

  /// A row of pictures an episode: source | driving | prediction.
  virtual std::vector<Picture> sample_pictures(const MicroBatch&) { return {}; }

  /// Every tensor a checkpoint must hold, under official names with the network's name in front.
  virtual std::vector<std::pair<std::string, at::Tensor>> state() = 0;
};

}  // namespace understudy
