#include "trainer/recipes/keypoints/keypoints_recipe_config.h"

#include <fmt/format.h>

#include "trainer/recipes/detector_memory.h"
#include "trainer/recipes/keypoints/keypoints_recipe.h"

namespace understudy {

void KeypointsRecipeConfig::describe(ConfigVisitor& v) {
  constexpr KeyKind kMethod = KeyKind::kMethod;
  v.section("model", "Sizes of the networks; the defaults are the official ones.");
  describe_keys(v, model);
  v.section("data", "Where samples come from and how they are prepared.");
  describe_keys(v, data);
  v.section("keypoints", "Training of the keypoint detector from landmarks and from equivariance.");
  v.real({"landmark_weight", kMethod, "weight of the distance to ten points derived from the landmarks"},
         landmark_weight,
         0,
         kUnbounded);
  v.real({"equivariance_weight",
          kMethod,
          "weight of the distance between points found before and after a random affine map"},
         equivariance_weight,
         0,
         kUnbounded);
  v.real({"transform_deviation",
          kMethod,
          "standard deviation of the entries of the random affine map, half widths for its shift"},
         transform_deviation,
         0,
         1);
}

void KeypointsRecipeConfig::set_defaults(RunConfig& run) const {
  run.validation.metric = "point_error";
  run.validation.mode = MetricMode::kMinimise;
  run.max_iterations = 100'000;
}

void KeypointsRecipeConfig::validate(const RunConfig& run, Problems& problems) const {
  understudy::validate(model, problems);
  if (model.keypoints != 10) {
    problems.add_key("model.keypoints",
                     fmt::format("{}, but recipe keypoints derives 10 points from the landmarks", model.keypoints));
  }
  if (run.batch.micro_batch < 2) {
    problems.add_key("batch.micro_batch", "BatchNorm needs at least 2 samples in a forward pass");
  }
}

std::unique_ptr<Recipe> KeypointsRecipeConfig::make_recipe(const RunConfig& run) const {
  return make_keypoints_recipe(*this, run);
}

RecipePlan KeypointsRecipeConfig::plan(const RunConfig& run) const {
  constexpr std::int64_t kBytes = 4;
  constexpr std::int64_t kPassingTensors = 1;  // gradient of a layer's output (measured: docs/doctor.md)
  const DetectorTraining training = detector_training_numbers(model);
  // Each picture comes twice, as it is and warped.
  const std::int64_t pass = 2 * (training.kept + kPassingTensors * training.widest) * kBytes;
  return {.phases = {{"train", 0, run.batch.micro_batch * pass}},
          .validation_bytes = run.validation.micro_batch * detector_passing_numbers(model) * kBytes,
          .frozen_bytes = 0,
          .picture_size = model.image_size};
}

}  // namespace understudy
