// What recipe fsrt tells of a run before it starts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/safetensors.h"
#include "tests/support/temporary_folder.h"
#include "tests/trainer/tiny_run.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FsrtPreview : public testing::Test {
 protected:
  FsrtRecipeConfig& config() { return dynamic_cast<FsrtRecipeConfig&>(*settings_.recipe); }
  Findings check() {
    Findings findings;
    files_ = config().check_weights(settings_.run, findings);
    return findings;
  }
  /// Weights of the keypoint detector as a file.
  std::string detector_file() {
    const auto file = place_.path() / "detector.safetensors";
    write_safetensors(file, state_of(KeypointDetector(config().model)));
    return file;
  }

  RunSettings settings_ = tiny_settings("fsrt");
  std::vector<WeightsFile> files_;
  TemporaryFolder place_;
};

TEST_F(FsrtPreview, OutlinesTheStateOfTheRecipe) {
  FsrtRecipe recipe(config(), settings_.run, make_fsrt_networks(config(), 1, true), nullptr);
  const auto outline = settings_.recipe->make_outline(settings_.run);
  const NamedTensors wanted = recipe.state();
  const NamedTensors told = outline->state();
  ASSERT_EQ(told.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(told[i].first, wanted[i].first);
    EXPECT_EQ(told[i].second.sizes(), wanted[i].second.sizes()) << told[i].first;
  }
  EXPECT_EQ(outline->players().size(), 2U);
  config().phases.use_discriminator = false;
  EXPECT_EQ(settings_.recipe->make_outline(settings_.run)->players().size(), 1U);
}

TEST_F(FsrtPreview, FindsEveryWeightFileThatIsMissing) {
  EXPECT_THAT(check().problems.messages(), ElementsAre(HasSubstr("detector.weights"), HasSubstr("perceptual.weights")));
  EXPECT_THAT(files_, IsEmpty());
}

TEST_F(FsrtPreview, NamesTheFilesThatFit) {
  config().detector_weights = detector_file();
  config().perceptual_weights_file = "random";
  const Findings findings = check();
  EXPECT_THAT(findings.problems.messages(), IsEmpty());
  EXPECT_THAT(findings.warnings.messages(), ElementsAre(HasSubstr("random weights")));
  ASSERT_EQ(files_.size(), 1U);
  EXPECT_EQ(files_[0].file, config().detector_weights);
}

TEST_F(FsrtPreview, WarnsOfADetectorThatWasTrainedOnOtherPictures) {
  const RunSettings keypoints = tiny_settings("keypoints");
  TinyState state;
  state.model = in_group(state_of(KeypointDetector(config().model)), "kp_detector");
  state.optimizer = {{"step", at::zeros({})}};
  publish_tiny_checkpoint(place_.path() / "run", keypoints, state, 5);
  config().detector_weights = place_.path() / "run";
  config().perceptual_weights_file = "random";
  EXPECT_EQ(check().warnings.messages().size(), 1U);
  config().model.image_size = 64;
  EXPECT_THAT(check().warnings.messages(),
              ElementsAre(AllOf(HasSubstr("pictures of 32 pixels"), HasSubstr("would see 64")), HasSubstr("random")));
}

TEST_F(FsrtPreview, PlansItsPhases) {
  RecipePlan plan = config().plan(settings_.run);
  ASSERT_EQ(plan.phases.size(), 4U);
  EXPECT_EQ(plan.phases[1].first, 200'000);
  EXPECT_EQ(plan.phases[2].name, "III, warm-up");
  EXPECT_EQ(plan.phases[3].first, 500'500);
  EXPECT_LT(plan.phases[0].pass_bytes, plan.phases[1].pass_bytes);
  EXPECT_EQ(plan.picture_size, 32);
  config().phases.phase1_iterations = 0;
  config().phases.discriminator_warmup = 0;
  plan = config().plan(settings_.run);
  ASSERT_EQ(plan.phases.size(), 2U);
  EXPECT_EQ(plan.phases[1].name, "III");
}

}  // namespace
}  // namespace understudy
