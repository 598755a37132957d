#include "trainer/evaluation.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_pipeline/synthetic_set.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/recipes/fsrt/fsrt_reenactor.h"

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::Not;

class EvaluationTest : public testing::Test {
 protected:
  EvaluationTest() {
    at::set_num_threads(1);
    const RunSettings settings = tiny_settings("fsrt");
    const FsrtRecipeConfig& config = fsrt_config(settings);
    reenactor_ = std::make_unique<FsrtReenactor>(config, tiny_state(config).model, std::nullopt);
  }
  TemporaryFolder place_;
  std::unique_ptr<FsrtReenactor> reenactor_;
};

TEST_F(EvaluationTest, CountsDrivingFramesAndCrossesPeople) {
  synthesize_set({.out = place_.path() / "set", .identities = 2, .clips = 1, .frames = 4, .size = 64});
  const EvaluationTable table =
      evaluate(*reenactor_, place_.path() / "set", {.clips = 9, .frames = 2, .picture = place_.path() / "rows.png"});
  EXPECT_EQ(table.pictures, 4);
  EXPECT_EQ(table.crossed, 4);
  for (const double psnr :
       {table.network, table.copied_source, table.mean_picture, table.cross_network, table.cross_copied}) {
    EXPECT_TRUE(std::isfinite(psnr));
    EXPECT_GT(psnr, 0.0);
  }
  EXPECT_TRUE(std::filesystem::exists(place_.path() / "rows.png"));
}

TEST_F(EvaluationTest, CrossesNothingWithoutKnownParameters) {
  write_tiny_set(place_.path() / "set", {.frames = 3});
  const EvaluationTable table = evaluate(*reenactor_, place_.path() / "set", {.clips = 2, .frames = 9, .picture = {}});
  EXPECT_EQ(table.pictures, 4);
  EXPECT_EQ(table.crossed, 0);
}

TEST(EvaluationTable, ShowsTheCrossingOnlyWhereThereIsOne) {
  EvaluationTable table{.pictures = 8, .network = 21.504};
  EXPECT_THAT(format_table(table), HasSubstr("21.50 dB"));
  EXPECT_THAT(format_table(table), Not(HasSubstr("Cross-reenactment")));
  table.crossed = 3;
  EXPECT_THAT(format_table(table), HasSubstr("Cross-reenactment"));
}

}  // namespace
}  // namespace understudy
