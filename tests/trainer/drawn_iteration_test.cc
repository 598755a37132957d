#include "trainer/drawn_iteration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/errors.h"
#include "data_pipeline/mixed_sampler.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"
#include "tests/support/toy_recipe.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/batch_source.h"
#include "trainer/pictures.h"
#include "trainer/recipes/fsrt/fsrt_batch.h"

namespace understudy {
namespace {

using Json = nlohmann::ordered_json;
using testing::AllOf;
using testing::HasSubstr;

constexpr Iteration kIteration = 41;

/// Three samples an iteration, two of them of the first of two sets.
class DrawnIteration : public testing::Test {
 protected:
  DrawnIteration() {
    at::set_num_threads(1);
    write_tiny_set(place_.path() / "a", {.side = 32});
    write_tiny_set(place_.path() / "b", {.identities = 1, .side = 40, .seed = 9});
  }

  void use(const std::string& recipe) {
    settings_.emplace(tiny_settings(recipe));
    settings_->run.batch = {.global_batch = 3, .micro_batch = 1, .statistics_group = 3};
    settings_->run.seed = 5;
    recipe_ = settings_->recipe->make_outline(settings_->run);
    std::vector<std::shared_ptr<const DataSet>> sets;
    for (const char* name : {"a", "b"}) {
      sets.push_back(
          std::make_shared<const DataSet>(DataSet::open(place_.path() / name, requirements_of(recipe_->episode()))));
    }
    source_.emplace(std::move(sets), std::vector<double>{2, 1}, 5, recipe_->episode(), Balance::kClip);
  }
  Json drawn() const { return drawn_iteration(*recipe_, *source_, settings_->run, kIteration); }
  /// What training prepares.
  MicroBatch trained_on() const {
    TrainingBatches batches(*recipe_, *source_, settings_->run.batch, {0, 3}, kIteration, {.threads = 0});
    return batches.next();
  }

  TemporaryFolder place_;
  std::optional<RunSettings> settings_;
  std::unique_ptr<Recipe> recipe_;
  std::optional<MixedSampler> source_;
};

TEST_F(DrawnIteration, NamesSetPersonClipAndFramesOfEverySlot) {
  use("fsrt");
  const Json json = drawn();
  EXPECT_EQ(json["phase"], "I");
  EXPECT_EQ(json["seed"], 5);
  ASSERT_EQ(json["samples"].size(), 3U);
  for (std::uint64_t slot = 0; slot < 3; ++slot) {
    const Episode episode = source_->episode(3 * kIteration + slot);
    const DataSet& set = source_->set_of(episode);
    const Json& sample = json["samples"][slot];
    EXPECT_EQ(sample["slot"], slot);
    EXPECT_EQ(sample["sample"], 3 * kIteration + slot);
    EXPECT_EQ(sample["set"], set.folder().string());
    EXPECT_EQ(sample["identity"], set.identities()[episode.identity].name);
    EXPECT_EQ(sample["clip"], set.clips()[episode.clip].name);
    EXPECT_EQ(sample["frames"], Json({episode.frames[0].frame, episode.frames[1].frame}));
  }
}

TEST_F(DrawnIteration, TellsTheDrawsThatTrainingTakes) {
  use("fsrt");
  const Json draws = drawn()["samples"][0]["draws"];
  const Episode episode = source_->episode(3 * kIteration);
  const DataSet& set = source_->set_of(episode);
  const std::vector<Landmarks68> landmarks = {set.landmarks(episode.frames[0]), set.landmarks(episode.frames[1])};
  const ClipEntry& clip = set.clips()[episode.clip];
  const FsrtDraws expected = draw_augmentation(5,
                                               3 * kIteration,
                                               fsrt_config(*settings_).data,
                                               FsrtMode::kPhase1,
                                               {.landmarks = landmarks,
                                                .landmark_reference_size = 256.0F,
                                                .native = {clip.width, clip.height},
                                                .picture_size = 32});
  EXPECT_EQ(draws["flip"], expected.flip);
  EXPECT_EQ(draws["A2"]["brightness"], expected.jitter[1].brightness);
  EXPECT_EQ(draws["A3"]["hue"], expected.jitter[2].hue);
  EXPECT_EQ(draws["A1"]["order"].size(), 4U);
  EXPECT_EQ(draws["out_of_frame_crop"].is_null(), !expected.out_of_frame);
  EXPECT_EQ(draws["face_crop"]["top"], expected.face_crop_margins.top);

  const FsrtBatch batch = from_sample(trained_on().tensors);
  EXPECT_EQ(draws["query_pixels"], Json(expected.query_pixels));
  EXPECT_EQ(draws["query_pixels"][7], batch.query_pixels[0][7].item<std::int64_t>());
  EXPECT_EQ(draws["use_plain_expression"], batch.use_plain_expression[0].item<bool>());
  EXPECT_EQ(draws["plain_expression_from_a2"], batch.plain_from_a2[0].item<bool>());
}

TEST_F(DrawnIteration, ShowsThePicturesThatTrainingPrepares) {
  use("fsrt");
  const Picture sheet = drawn_iteration_sheet(*recipe_, *source_, settings_->run, kIteration);
  EXPECT_EQ(sheet.width, 3 * 32 + 2 * 2) << "source, driving frame, face crop";
  EXPECT_EQ(sheet.height, 3 * 32 + 2 * 2);
  const Picture driving = picture_of(from_sample(trained_on().tensors).driving_a1[0]);
  for (int y = 0; y < 32; ++y) {
    for (int c = 0; c < 3; ++c) EXPECT_EQ(sheet.pixel(34 + 7, y)[c], driving.pixel(7, y)[c]);
  }
}

TEST_F(DrawnIteration, ReadsAsText) {
  use("fsrt");
  const std::string text = drawn_iteration_text(drawn());
  const std::string clip = drawn()["samples"][1]["clip"];
  EXPECT_THAT(text,
              AllOf(HasSubstr("recipe fsrt, iteration 41, phase I, seed 5: 3 samples in micro-batches of 1\n"),
                    HasSubstr("slot   1  micro-batch 1  sample 124  "),
                    HasSubstr(clip),
                    HasSubstr(" -> "),
                    HasSubstr("order brightness"),
                    HasSubstr("... (64 in all)")));
}

TEST_F(DrawnIteration, KnowsEveryRecipe) {
  use("keypoints");
  const Json json = drawn();
  EXPECT_EQ(json["samples"][2]["draws"]["transform"].size(), 6U);
  EXPECT_TRUE(json["samples"][2]["draws"]["jitter"].contains("brightness"));
  const MicroBatch batch = trained_on();
  EXPECT_EQ(json["samples"][0]["draws"]["transform"][2], batch.tensors[2].flatten()[2].item<float>());
  EXPECT_EQ(drawn_iteration_sheet(*recipe_, *source_, settings_->run, kIteration).width, 32);
}

TEST_F(DrawnIteration, OfARecipeWithoutPicturesHasNoSheet) {
  use("fsrt");
  const ToyRecipe toy;
  EXPECT_TRUE(drawn_iteration(toy, *source_, settings_->run, 0)["samples"][0]["draws"].empty());
  EXPECT_THROW(drawn_iteration_sheet(toy, *source_, settings_->run, 0), DataError);
}

}  // namespace
}  // namespace understudy
