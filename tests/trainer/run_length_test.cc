#include "trainer/preflight/run_length.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/trainer/tiny_run.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const std::vector<PhaseSpan> kPhases = {{"I", 0, 100}, {"II", 100, 150}};

TEST(RunLength, AddsUpTheIterationsLeftByPhase) {
  const RunLength length = run_length(kPhases, 40, {{"I", 2.0}, {"II", 8.0}});
  EXPECT_EQ(length.iterations, 110);
  EXPECT_EQ(length.seconds, 60 * 2.0 + 50 * 8.0);
  EXPECT_THAT(length.unmeasured, IsEmpty());
}

TEST(RunLength, TakesUnmeasuredPhasesToBeTheSlowest) {
  const RunLength length = run_length(kPhases, 0, {{"I", 2.0}});
  EXPECT_EQ(length.seconds, 300.0);
  EXPECT_THAT(length.unmeasured, ElementsAre("II"));
  EXPECT_EQ(run_length(kPhases, 150, {{"I", 2.0}}).iterations, 0);
}

TEST(RunLength, RoundsJobsUp) {
  EXPECT_EQ((RunLength{.iterations = 1, .seconds = 7200.0}).jobs(1.0), 2);
  EXPECT_EQ((RunLength{.iterations = 1, .seconds = 7201.0}).jobs(1.0), 3);
  EXPECT_EQ((RunLength{.iterations = 1, .seconds = 86'400.0}).days(), 1.0);
}

TEST(MedianStepSeconds, AreTakenByPhaseFromLinesOfTheSameRanks) {
  const auto phase_of = [](Iteration iteration) { return iteration < 3 ? "I" : "II"; };
  const StepSeconds seconds = median_step_seconds(R"({"iteration":0,"world_size":2,"seconds":9.0}
{"iteration":1,"world_size":2,"seconds":1.0}
{"iteration":2,"world_size":2,"seconds":2.0}
{"iteration":2,"world_size":1,"seconds":70.0}
{"iteration":3,"world_size":2,"seconds":4.0}
{"iteration":4,"world_size":2,"sec)",
                                                  2,
                                                  phase_of);
  EXPECT_THAT(seconds, ElementsAre(Pair("I", 2.0), Pair("II", 4.0)));
  EXPECT_THAT(median_step_seconds("", 1, phase_of), IsEmpty());
}

TEST(PhaseSpans, ComeFromTheRecipe) {
  RunSettings settings = tiny_settings("fsrt");
  const auto outline = settings.recipe->make_outline(settings.run);  // I up to 200 000, II up to 500 000
  const std::vector<PhaseSpan> spans = phase_spans(*outline, 500'001);
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(spans[0].end, 200'000);
  EXPECT_EQ(spans[1].first, 200'000);
  EXPECT_EQ(spans[1].end, 500'000);
  EXPECT_EQ(spans[2].name, "III");
  EXPECT_EQ(spans[2].iterations(), 1);
  EXPECT_EQ(phase_spans(*outline, 1).size(), 1U);
}

}  // namespace
}  // namespace understudy
