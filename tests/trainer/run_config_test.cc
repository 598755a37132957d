#include "trainer/run_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/problems.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> problems_of(const RunConfig& config) {
  Problems problems;
  validate(config, problems);
  return problems.messages();
}

RunConfig with_batch(std::int64_t global, std::int64_t micro, std::int64_t group) {
  RunConfig config;
  config.batch = {.global_batch = global, .micro_batch = micro, .statistics_group = group};
  return config;
}

TEST(RunConfig, StartsWithTheOfficialValues) {
  const RunConfig config;
  EXPECT_EQ(config.batch.global_batch, 24);
  EXPECT_EQ(config.max_iterations, 4'000'000);
  EXPECT_EQ(config.optimizer.learning_rate, 1e-4);
  EXPECT_EQ(config.optimizer.warmup_iterations, 2500);
  EXPECT_EQ(config.optimizer.decay_factor, 0.16);
  EXPECT_EQ(config.optimizer.decay_iterations, 4'000'000);
  EXPECT_EQ(config.optimizer.adam.beta1, 0.9);
  EXPECT_EQ(config.optimizer.adam.beta2, 0.999);
  EXPECT_EQ(config.optimizer.adam.epsilon, 1e-8);
  EXPECT_EQ(config.reduction, GradientReduction::kAuto);
  EXPECT_EQ(config.faults.on_nonfinite, FaultPolicy::kStop);
  EXPECT_THAT(problems_of(config), IsEmpty());
}

TEST(BatchLayout, CountsMicroBatches) {
  const BatchLayout plain{.global_batch = 24, .micro_batch = 8, .statistics_group = 0};
  EXPECT_EQ(plain.micro_batches(), 3);
  EXPECT_EQ(plain.micro_batches_per_group(), 1);
  const BatchLayout grouped{.global_batch = 24, .micro_batch = 2, .statistics_group = 8};
  EXPECT_EQ(grouped.micro_batches(), 12);
  EXPECT_EQ(grouped.micro_batches_per_group(), 4);
}

TEST(RunConfig, WantsWholeMicroBatches) {
  EXPECT_THAT(problems_of(with_batch(24, 5, 0)),
              ElementsAre(AllOf(HasSubstr("batch.global_batch"), HasSubstr("24"), HasSubstr("try 20 or 25"))));
  EXPECT_THAT(problems_of(with_batch(3, 5, 0)), ElementsAre(HasSubstr("try 5")));
  EXPECT_THAT(problems_of(with_batch(25, 5, 0)), IsEmpty());
}

TEST(RunConfig, WantsGroupsOfWholeMicroBatchesThatFillTheGlobalBatch) {
  EXPECT_THAT(
      problems_of(with_batch(24, 4, 6)),
      ElementsAre(AllOf(HasSubstr("batch.statistics_group"), HasSubstr("not a multiple of batch.micro_batch = 4"))));
  EXPECT_THAT(
      problems_of(with_batch(24, 4, 16)),
      ElementsAre(AllOf(HasSubstr("batch.statistics_group"), HasSubstr("does not divide batch.global_batch = 24"))));
  EXPECT_THAT(problems_of(with_batch(24, 4, 8)), IsEmpty());
}

TEST(RunConfig, WantsAValidationSetForEarlyStopping) {
  RunConfig config;
  config.validation.patience = 3;
  EXPECT_THAT(problems_of(config), ElementsAre(AllOf(HasSubstr("validation.patience"), HasSubstr("data.validation"))));
  config.validation_set = "faces";
  EXPECT_THAT(problems_of(config), IsEmpty());
  config.validation_set.clear();
  config.held_out = 0.2;
  EXPECT_THAT(problems_of(config), IsEmpty());
  config.held_out = 0;
  config.validation.every = 0;
  EXPECT_THAT(problems_of(config), IsEmpty());
}

TEST(RunConfig, SelectsFramesOfOneSetAlone) {
  RunConfig config;
  config.train_sets = {"a", "b"};
  config.held_out = 0.2;
  EXPECT_THAT(problems_of(config), ElementsAre(AllOf(HasSubstr("data.held_out"), HasSubstr("names 2"))));
  config.train_sets = {"a"};
  config.validation_set = "c";
  EXPECT_THAT(problems_of(config), ElementsAre(AllOf(HasSubstr("data.held_out"), HasSubstr("data.validation"))));
}

}  // namespace
}  // namespace understudy
