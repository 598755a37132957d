#include "trainer/recipes/registry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/errors.h"
#include "trainer/recipes/fsrt/fsrt_recipe_config.h"
#include "trainer/recipes/keypoints/keypoints_recipe_config.h"
#include "trainer/recipes/latent_pose/latent_pose_recipe_config.h"

namespace understudy {

std::vector<std::string> recipe_names() {
  return {"fsrt", "keypoints", "latent_pose"};
}

std::string default_recipe() {
  return "fsrt";
}

std::unique_ptr<RecipeConfig> make_recipe_config(std::string_view name) {
  if (name == "fsrt") return std::make_unique<FsrtRecipeConfig>();
  if (name == "keypoints") return std::make_unique<KeypointsRecipeConfig>();
  if (name == "latent_pose") return std::make_unique<LatentPoseRecipeConfig>();
  const std::string near = nearest_word(name, recipe_names());
  throw ConfigError(fmt::format("recipe.name = \"{}\": no such recipe; there are {}{}",
                                name,
                                fmt::join(recipe_names(), ", "),
                                near.empty() ? "" : fmt::format("; did you mean {}?", near)));
}

}  // namespace understudy
