#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "trainer/recipe_config.h"

namespace understudy {

/// The recipes there are: the one place that a new system is added to.
std::vector<std::string> recipe_names();
/// Of a configuration that names none, and of weights without a configuration.
std::string default_recipe();
/// @throws ConfigError  for another name, listing those
std::unique_ptr<RecipeConfig> make_recipe_config(std::string_view name);

}  // namespace understudy
