#include "trainer/stopping.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"

namespace understudy {
namespace {

using testing::ElementsAre;

ValidationConfig config_with(std::int64_t patience, std::int64_t keep_best = 2, double min_delta = 0.0) {
  ValidationConfig config;
  config.patience = patience;
  config.keep_best = keep_best;
  config.min_delta = min_delta;
  return config;
}

TEST(StoppingRule, StopsAfterPatienceWithoutImprovement) {
  StoppingRule rule(config_with(2));
  rule.observe("I", 10, 20.0);
  rule.observe("I", 20, 19.0);
  EXPECT_FALSE(rule.should_stop());
  rule.observe("I", 30, 20.0);
  EXPECT_TRUE(rule.should_stop());
}

TEST(StoppingRule, CountsOnlyImprovementsAboveMinDelta) {
  StoppingRule rule(config_with(1, 1, 0.5));
  rule.observe("I", 10, 20.0);
  rule.observe("I", 20, 20.4);
  EXPECT_TRUE(rule.should_stop());
}

TEST(StoppingRule, RestartsPatienceAndBestAtAPhaseBoundary) {
  StoppingRule rule(config_with(2));
  rule.observe("II", 10, 25.0);
  rule.observe("II", 20, 24.0);
  rule.observe("III", 30, 22.0);  // lower by design, yet the first of its phase
  rule.observe("III", 40, 21.0);
  EXPECT_FALSE(rule.should_stop());
  EXPECT_THAT(rule.best().at("II"), ElementsAre(10, 20));
  EXPECT_THAT(rule.best().at("III"), ElementsAre(30, 40));
  EXPECT_EQ(rule.best_of_latest_phase(), 30);
}

TEST(StoppingRule, KeepsTheBestK) {
  StoppingRule rule(config_with(0));
  for (int i = 1; i <= 5; ++i) rule.observe("I", i, i == 4 ? 0.0 : i);
  EXPECT_THAT(rule.best().at("I"), ElementsAre(5, 3));
  EXPECT_FALSE(rule.should_stop());
}

TEST(StoppingRule, TakesWhatIsNotFiniteForNoImprovementAndNoneOfTheBest) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  StoppingRule rule(config_with(3));
  rule.observe("I", 10, nan);
  rule.observe("I", 20, 20.0);
  rule.observe("I", 30, nan);
  rule.observe("I", 40, std::numeric_limits<double>::infinity());
  StoppingRule resumed(config_with(3));
  resumed.restore(rule.state());
  for (StoppingRule* each : {&rule, &resumed}) {
    EXPECT_THAT(each->best().at("I"), ElementsAre(20));
    EXPECT_FALSE(each->should_stop());
    each->observe("I", 50, nan);
    EXPECT_TRUE(each->should_stop());
  }
  EXPECT_EQ(rule.state(), resumed.state());
}

TEST(StoppingRule, ContinuesFromItsState) {
  StoppingRule rule(config_with(2));
  rule.observe("I", 10, 20.0);
  rule.observe("I", 20, 19.0);
  StoppingRule resumed(config_with(2));
  resumed.restore(rule.state());
  EXPECT_EQ(resumed.state(), rule.state());
  resumed.observe("I", 30, 18.0);
  EXPECT_TRUE(resumed.should_stop());
  EXPECT_THROW(resumed.restore("{}"), CheckpointError);
}

}  // namespace
}  // namespace understudy
