// The list of recipes of this program, in the place of the trainer's: one recipe, into which faults are put.
#include "tests/trainer/injected_recipe.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "common/philox.h"
#include "data_pipeline/excluded_samples.h"
#include "tests/support/toy_recipe.h"
#include "trainer/recipes/registry.h"

namespace understudy {

Injection injection;
thread_local int rank_of_thread = 0;

void inject(InjectedKind kind, std::int64_t iteration, std::int64_t slot, int rank) {
  injection.kind = kind;
  injection.iteration = iteration;
  injection.slot = slot;
  injection.rank = rank;
  for (auto& happened : injection.happened) happened = false;
}

namespace {

/// Learns from numbers that only the sample's own number decides.
class InjectedRecipe final : public ToyRecipe {
 public:
  Sample prepare(const EpisodeFrames& read, const SampleUse&) const override {
    const std::uint64_t sample = read.episode().sample;
    Draws draws(1, Purpose::kTest, sample);
    at::Tensor picture = torch::tensor({draws.normal(), draws.normal(), draws.normal()}, torch::kFloat);
    const bool here = injection.kind == InjectedKind::kInput
                          ? sample == injection.sample()
                          : injection.kind == InjectedKind::kPlace && place_of_sample(sample) == injection.sample();
    const bool ever = injection.kind == InjectedKind::kEver && sample >= injection.sample();
    if (here || ever) picture[injection.slot % 3] = std::numeric_limits<float>::quiet_NaN();
    if (injection.kind == InjectedKind::kLoud && sample == injection.sample()) picture *= 100;
    return {picture};
  }

  void begin_iteration(Iteration iteration) override {
    if (injection.kind == InjectedKind::kSharedWeight && first_time(iteration)) spoil(weight());
    if (injection.kind == InjectedKind::kWeightOfRank && mine() && first_time(iteration)) spoil(judge());
  }

  void after_step(Iteration iteration) override {
    if (!mine()) return;
    if (injection.kind == InjectedKind::kBufferAtEnd && first_time(iteration)) spoil(running_mean());
    if (injection.kind == InjectedKind::kDrift && first_time(iteration))
      weight().detach().view(-1).view(at::kInt)[2].bitwise_xor_(1);
  }

  std::vector<Objective> objectives(const MicroBatch& batch, const CoupledGroup& group) override {
    const bool here = std::any_of(batch.episodes.begin(), batch.episodes.end(), [](const Episode& episode) {
      return episode.sample == injection.sample();
    });
    infinite_gradient_at = here && injection.kind == InjectedKind::kGradient ? batch.index : -1;
    infinite_judge_at = here && injection.kind == InjectedKind::kJudge ? batch.index : -1;
    return ToyRecipe::objectives(batch, group);
  }

 private:
  static bool mine() { return rank_of_thread == injection.rank; }
  static bool first_time(Iteration iteration) {
    return iteration == injection.iteration &&
           !injection.happened[static_cast<std::size_t>(rank_of_thread)].exchange(true);
  }
  static void spoil(const at::Tensor& tensor) { tensor.detach()[0].fill_(std::numeric_limits<float>::infinity()); }
};

class InjectedRecipeConfig final : public RecipeConfig {
 public:
  void describe(ConfigVisitor&) override {}
  void validate(const RunConfig&, Problems&) const override {}
  std::unique_ptr<Recipe> make_recipe(const RunConfig&) const override { return std::make_unique<InjectedRecipe>(); }
};

}  // namespace

std::vector<std::string> recipe_names() {
  return {"injected"};
}

std::string default_recipe() {
  return "injected";
}

std::unique_ptr<RecipeConfig> make_recipe_config(std::string_view) {
  return std::make_unique<InjectedRecipeConfig>();
}

}  // namespace understudy
