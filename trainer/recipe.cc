#include "trainer/recipe.h"

#include <nlohmann/json.hpp>

namespace understudy {

nlohmann::ordered_json Recipe::describe_draws(const EpisodeFrames&, const SampleUse&) const {
  return nlohmann::ordered_json::object();
}

}  // namespace understudy
