#include "trainer/first_weights.h"

#include <cctype>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/safetensors.h"
#include "checkpoints/torch_file.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/toy_recipe.h"

namespace understudy {
namespace {

/// A published code that writes capitals, and the judge's state as "judge_state".
class ToyConfig : public RecipeConfig {
 public:
  void describe(ConfigVisitor&) override {}
  void validate(const RunConfig&, Problems&) const override {}
  std::unique_ptr<Recipe> make_recipe(const RunConfig&) const override { return std::make_unique<ToyRecipe>(); }
  NamedTensors own_names(NamedTensors weights) const override {
    for (auto& [name, tensor] : weights)
      for (char& letter : name) letter = static_cast<char>(std::tolower(letter));
    return weights;
  }
  NamedTensors optimizer_state(const PickleValue& checkpoint, const std::vector<Player>& players) const override {
    const PickleValue* state = checkpoint.find("judge_state");
    if (state == nullptr) return {};
    return {{players.at(1).name + ".vector.exp_avg", state->to_tensor("judge_state")}};
  }
};

class ListeningRecipe : public ToyRecipe {
 public:
  void weights_taken(const TransferReport& report) override { missing = report.missing; }
  std::vector<std::string> missing;
};

TEST(FirstWeights, AreTakenUnderTheRecipesNamesWithTheOptimisersState) {
  const TemporaryFolder folder;
  ListeningRecipe recipe;
  const auto state = recipe.state();
  const std::string name = state.front().first;
  std::string published = name;
  for (char& letter : published) letter = static_cast<char>(std::toupper(letter));
  PickleDict file;
  file.items.emplace_back(published, at::full_like(state.front().second.detach(), 4.0));
  file.items.emplace_back("judge_state", at::full({2}, 9.0F));
  write_torch_file(folder.path() / "published.pt", file);
  const FirstWeights weights = read_first_weights(folder.path() / "published.pt", ToyConfig(), recipe.players());
  const at::Tensor moment = at::zeros({2});
  const TransferReport report = take_first_weights(weights, recipe, {{"judge.vector.exp_avg", moment}});
  EXPECT_EQ(report.taken, 1U);
  EXPECT_EQ(recipe.missing, report.missing);
  EXPECT_EQ(recipe.missing.size(), state.size() - 1);
  EXPECT_TRUE(at::equal(state.front().second.detach(), at::full_like(state.front().second.detach(), 4.0)));
  EXPECT_EQ(moment.sum().item<float>(), 18.0F);
}

TEST(FirstWeights, OfSafetensorsHaveNoOptimiser) {
  const TemporaryFolder folder;
  write_safetensors(folder.path() / "w.safetensors", {{"WEIGHT", at::ones({3, 2})}});
  const FirstWeights weights = read_first_weights(folder.path() / "w.safetensors", ToyConfig(), ToyRecipe().players());
  ASSERT_EQ(weights.model.size(), 1U);
  EXPECT_EQ(weights.model[0].first, "weight");
  EXPECT_TRUE(weights.optimizer.empty());
}

}  // namespace
}  // namespace understudy
