#include "trainer/recipes/latent_pose/latent_pose_draw_report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace understudy {
namespace {

TEST(LatentPoseDrawReport, NamesWhatActsInItsOrder) {
  LatentPoseDraws draws;
  draws.operators = {PoseOperator::kMultiply, PoseOperator::kContrast, PoseOperator::kElastic, PoseOperator::kJpeg};
  draws.operator_count = 3;
  draws.parameters.multiply = 0.75;
  draws.parameters.contrast = {.sigmoid = true, .gain = 4.5};
  draws.shift = true;
  draws.fractions = {0.25, -0.5};
  EXPECT_EQ(describe_latent_pose_draws(draws).dump(),
            R"({"operators":[{"multiply":0.75},{"sigmoid_contrast":4.5},{"elastic":null}],"scale":null,)"
            R"("scale_first":false,"shift":[0.25,-0.5]})");
}

TEST(LatentPoseDrawReport, SaysThatNothingIsAugmented) {
  EXPECT_EQ(describe_latent_pose_draws({}).dump(), R"({"operators":[],"scale":null,"scale_first":false,"shift":null})");
}

}  // namespace
}  // namespace understudy
