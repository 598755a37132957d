#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "tests/support/golden_weights.h"
#include "tests/support/toy_recipe.h"
#include "trainer/saving/run_state.h"

namespace understudy {

inline RunConfig toy_config(int keep_newest) {
  RunConfig config;
  config.batch = {.global_batch = 2, .micro_batch = 1, .statistics_group = 0};
  config.checkpoints.keep_newest = keep_newest;
  config.checkpoints.keep_every = 0;
  config.validation.keep_best = 1;
  return config;
}

/// A run of the toy recipe on one rank, without data or logs.
class ToyRun {
 public:
  explicit ToyRun(int keep_newest = 2) : config(toy_config(keep_newest)) { at::set_num_threads(1); }

  void step() {
    std::vector<MicroBatch> batches;
    for (std::int64_t i = 0; i < 2; ++i) {
      const auto n = static_cast<std::uint32_t>(2 * state.completed + i);
      MicroBatch batch{.iteration = state.completed, .index = i, .episodes = {}, .tensors = {}};
      batch.episodes.resize(1);
      batch.tensors = {golden::tensor_of({1, 3}, [n](auto k) { return golden::symmetric(n, k); })};
      batches.push_back(std::move(batch));
    }
    engine.run(state.completed++, std::move(batches), {});
  }

  RunConfig config;
  std::unique_ptr<Communicator> ranks = single_rank();
  Heartbeat heartbeat;
  ToyRecipe recipe;
  StepEngine engine{recipe, config, *ranks, heartbeat};
  StoppingRule stopping{config.validation};
  RunState state{recipe, engine, stopping};
};

}  // namespace understudy
