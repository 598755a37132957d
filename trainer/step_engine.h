#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clusters/communicator.h"
#include "clusters/device_group.h"
#include "clusters/gradient_exchange.h"
#include "clusters/gradient_tree.h"
#include "clusters/heartbeat.h"
#include "clusters/ordered_mean.h"
#include "trainer/adam.h"
#include "trainer/faults/spike_detector.h"
#include "trainer/recipe.h"
#include "trainer/run_config.h"

namespace understudy {

/// What an iteration must not be trained on for, as the rank that saw it knows it.
struct Finding {
  std::string text;  ///< "loss of generator is not finite", "gradient of generator decoder.render_mlp.0.weight ..."
  std::optional<MicroBatch> micro_batch;  ///< what it was computed from; none: a weight or buffer was wrong before
};

/// What a rank has to say to the others at the end of an iteration.
struct RankWord {
  bool stop = false;         ///< it was asked to stop
  bool save = false;         ///< a checkpoint is due
  bool save_failed = false;  ///< its part in a save failed
  std::string news;          ///< for rank 0; may be empty
};

/// Shown the means of a player's gradients over all micro-batches, in the order of its parameters, before it steps.
using GradientObserver = std::function<void(const Player& player, const std::vector<at::Tensor>& gradients)>;

/// What an iteration did.
struct StepReport {
  std::vector<Term> terms;      ///< on rank 0: means over all micro-batches, summed in their order
  bool stop_requested = false;  ///< by any rank, as the next two
  bool save_requested = false;
  bool save_failed = false;
  std::vector<std::string> news;  ///< on rank 0, in the order of ranks
  bool stepped = true;            ///< false where any rank found something: no player stepped
  std::vector<Finding> findings;  ///< of this rank: one a micro-batch at most, or one of the state alone
  double exchange_seconds = 0.0;
  std::vector<double> rank_seconds;  ///< on rank 0: what every rank took for its micro-batches
};

/// One iteration: objectives and gradients of this rank's micro-batches, the exchange, one step of every player, all on
/// the weights from before the step. Knows ranks and players, but no recipe by name, no files and no clock of its own.
class StepEngine {
 public:
  /// Collective. @throws ConfigError  when more ranks than micro-batches take part
  /// @param heartbeat  told of every part of an iteration
  StepEngine(Recipe& recipe, const RunConfig& config, Communicator& communicator, Heartbeat& heartbeat);
  ~StepEngine();

  /// Micro-batches of each global batch that this rank computes.
  MicroBatchRun range() const { return run_; }

  /// Collective. @param batches  this rank's micro-batches of the iteration  @param observer  may be empty
  StepReport run(Iteration iteration,
                 std::vector<MicroBatch> batches,
                 const RankWord& word,
                 const GradientObserver& observer = {});

  /// Optimiser state under "<player>.<parameter>.exp_avg" and so on: the tensors themselves.
  std::vector<std::pair<std::string, at::Tensor>> optimizer_state() const;

  const std::vector<Player>& players() const { return players_; }

  /// The losses that spikes are told by: part of a checkpoint where spikes are looked for.
  SpikeDetector& spikes() { return spikes_; }

 private:
  /// A micro-batch on its way through an iteration.
  struct Work {
    MicroBatch batch;
    CoupledGroup group;
    bool spoils = false;  ///< its own samples give its statistics group values that are not finite
    bool spoilt = false;  ///< other samples do, which are found where they are computed
  };
  /// What to look at besides an objective's own results.
  struct Look {
    std::size_t state;  ///< how much of it
    bool inputs;
    bool gradients;  ///< where they are of one micro-batch alone
  };
  enum class Gradients { kExchanged, kLookedAtAlone };
  void compute_micro_batch(Work& work, Gradients use, StepReport& report);
  std::optional<std::string> fault_of_sums() const;
  void find_own_faults(std::vector<Work>& work, const std::optional<std::string>& wrong_sum, StepReport& report);
  std::vector<Work> couple(std::vector<MicroBatch> batches);
  std::optional<Finding> find_fault(const MicroBatch& batch,
                                    const Player& player,
                                    const Objective::Result& result,
                                    const Look& look) const;
  void find_spikes(Iteration iteration, const std::vector<Work>& work, StepReport& report);
  std::vector<std::vector<double>> gather_losses();
  void exchange(Iteration iteration, const RankWord& word, double own_seconds, StepReport& report);
  void average_terms(const std::string& news, double own_seconds, StepReport& report);
  void average_statistics();
  void step_players(Iteration iteration, const GradientObserver& observer);
  void drop_gradients();

  Recipe& recipe_;
  BatchLayout layout_;
  bool ordered_;
  Communicator& communicator_;
  Heartbeat& heartbeat_;
  std::vector<Player> players_;
  std::vector<std::pair<std::string, at::Tensor>> state_;  ///< must be finite: the players' parameters come first
  DeviceGroup group_;                                      ///< of the device that holds the parameters
  MicroBatchRun run_;
  std::vector<Adam> optimizers_;
  std::vector<std::unique_ptr<GradientExchange>> exchanges_;  ///< one a player
  std::unique_ptr<OrderedMean> statistics_mean_;              ///< made when the recipe first hands out statistics
  std::vector<std::vector<at::Tensor>> statistics_;           ///< of the iteration, one list a micro-batch
  std::vector<std::vector<Term>> rows_;                       ///< of the iteration, one a micro-batch
  SpikeDetector spikes_;
  std::vector<std::vector<double>> losses_;  ///< of the iteration, one list a micro-batch with one loss a player
};

}  // namespace understudy
