#include "trainer/first_weights.h"

#include "checkpoints/torch_file.h"
#include "checkpoints/weights_file.h"

namespace understudy {

FirstWeights read_first_weights(const std::filesystem::path& path,
                                const RecipeConfig& recipe,
                                const std::vector<Player>& players) {
  const std::filesystem::path file = weight_file_of(path);
  require_as_listed(file);
  if (weights_format_of(file) == WeightsFormat::kSafetensors) return {recipe.own_names(read_weights(file)), {}};
  const PickleValue checkpoint = read_torch_file(file);
  return {recipe.own_names(flatten_tensors(checkpoint)), recipe.optimizer_state(checkpoint, players)};
}

TransferReport take_first_weights(const FirstWeights& weights, Recipe& recipe, const NamedTensors& optimizer) {
  const TransferReport report = transfer_weights(weights.model, recipe.state());
  recipe.weights_taken(report);
  transfer_weights(weights.optimizer, optimizer);
  return report;
}

}  // namespace understudy
