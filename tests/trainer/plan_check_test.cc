#include "trainer/preflight/plan_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Warnings of one check.
template <class Check>
std::vector<std::string> said(Check check) {
  Problems problems;
  check(problems);
  return problems.messages();
}

TEST(CheckPhases, NamesThoseThatBeginAfterTheEnd) {
  RunConfig config;
  config.max_iterations = 100;
  const RecipePlan plan{.phases = {{"I", 0, 1}, {"II", 100, 1}, {"III", 150, 1}}};
  EXPECT_THAT(said([&](Problems& p) { check_phases(config, plan, p); }),
              ElementsAre(AllOf(HasSubstr("run.max_iterations"), HasSubstr("II (from 100) and III (from 150)"))));
  config.max_iterations = 151;
  EXPECT_THAT(said([&](Problems& p) { check_phases(config, plan, p); }), IsEmpty());
}

const std::vector<PhaseSpan> kPhases = {{"I", 0, 40}, {"II", 40, 45}, {"III", 45, 50}};

TEST(ValidatedPhases, AreThoseThatAMultipleEnds) {
  RunConfig config;
  config.validation.every = 40;  // after iteration 39, the last one of Phase I
  ASSERT_EQ(validated_phases(config, kPhases).size(), 1U);
  EXPECT_EQ(validated_phases(config, kPhases)[0].name, "I");
  config.validation.every = 41;
  EXPECT_EQ(validated_phases(config, kPhases)[0].name, "II");
  config.validation.every = 5;
  EXPECT_EQ(validated_phases(config, kPhases).size(), 3U);
  config.validation.every = 0;
  EXPECT_THAT(validated_phases(config, kPhases), IsEmpty());
}

TEST(CheckIntervals, FindsThoseThatNeverCome) {
  RunConfig config;
  config.max_iterations = 50;
  config.validation_set = "set";
  config.validation.every = 40;
  config.checkpoints.every = 70;
  EXPECT_THAT(said([&](Problems& p) { check_intervals(config, kPhases, p); }),
              ElementsAre(HasSubstr("checkpoints.every: 70"), HasSubstr("falls into phase II and III")));
  config.validation_set = "";
  EXPECT_THAT(said([&](Problems& p) { check_intervals(config, kPhases, p); }), SizeIs(1));
}

TEST(CheckIntervals, FindsMultiplesThatAreSeldomSaved) {
  RunConfig config;
  config.checkpoints = {.every = 30, .keep_newest = 3, .keep_every = 100};
  EXPECT_THAT(said([&](Problems& p) { check_intervals(config, kPhases, p); }),
              ElementsAre(AllOf(HasSubstr("every 300th"), HasSubstr("try 90 or 120"))));
  config.checkpoints.keep_every = 90;
  EXPECT_THAT(said([&](Problems& p) { check_intervals(config, kPhases, p); }), IsEmpty());
}

TEST(CheckThreads, ComparesWithTheCores) {
  RunConfig config;
  config.loader_threads = 3;
  config.threads_per_rank = 1;
  const MachineFacts machine{.cores = 4, .memory_bytes = 0};
  const auto warnings = [&](std::int64_t ranks) {
    return said([&](Problems& p) { check_threads(config, {.nodes = 2, .ranks_per_node = ranks}, machine, p); });
  };
  EXPECT_THAT(warnings(1), IsEmpty());
  EXPECT_THAT(warnings(2),
              ElementsAre(AllOf(HasSubstr("data.loader_threads"), HasSubstr("are 6"), HasSubstr("4 cores"))));
  config.threads_per_rank = 0;
  config.loader_threads = 0;
  EXPECT_THAT(warnings(2), ElementsAre(AllOf(HasSubstr("cluster.threads_per_rank"), HasSubstr("2 on this machine"))));
}

TEST(CheckDevices, KnowsABuildThatCannotUseGpus) {
  const RankLayout gpus{.nodes = 1, .ranks_per_node = 4, .on_gpus = true};
  EXPECT_THAT(said([&](Problems& p) { check_devices(gpus, {.build_has_cuda = false}, p); }),
              ElementsAre(HasSubstr("without CUDA")));
  EXPECT_THAT(said([&](Problems& p) { check_devices(gpus, {.build_has_cuda = true}, p); }), IsEmpty());
  EXPECT_THAT(said([&](Problems& p) { check_devices({}, {.build_has_cuda = false}, p); }), IsEmpty());
}

TEST(CheckMetric, NamesThoseThatTheRecipeHas) {
  RunConfig config;
  config.validation.metric = "psnrr";
  EXPECT_THAT(said([&](Problems& p) {
                check_metric(config, {"psnr", "mse"}, p);
              }),
              ElementsAre(AllOf(HasSubstr("psnr, mse"), HasSubstr("did you mean psnr?"))));
  config.validation.metric = "mse";
  EXPECT_THAT(said([&](Problems& p) { check_metric(config, {"psnr", "mse"}, p); }), IsEmpty());
}

}  // namespace
}  // namespace understudy
