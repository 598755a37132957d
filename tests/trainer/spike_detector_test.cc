#include "trainer/faults/spike_detector.h"

#include <cmath>

#include <gtest/gtest.h>

#include "common/errors.h"

namespace understudy {
namespace {

/// Knows the losses 1, 2, 3, 4, 100: median 3, median absolute deviation 1.
SpikeDetector detector_of_five(double threshold) {
  SpikeDetector detector(threshold, 5);
  for (const double loss : {1.0, 100.0, 2.0, 4.0, 3.0}) detector.accept("generator", "I", loss);
  return detector;
}

TEST(SpikeDetector, ComparesWithMedianAndMedianAbsoluteDeviation) {
  const SpikeDetector detector = detector_of_five(10);
  EXPECT_FALSE(detector.judge("generator", "I", 3 + 14.82));
  const auto spike = detector.judge("generator", "I", 3 + 1.4826 * 20);
  ASSERT_TRUE(spike);
  EXPECT_NEAR(spike->score, 20, 1e-9);
  EXPECT_EQ(spike->median, 3);
  EXPECT_NEAR(spike->limit, 3 + 14.826, 1e-9);
  EXPECT_FALSE(detector.judge("generator", "I", -1000)) << "a loss that falls is no spike";
  EXPECT_FALSE(detector.judge("generator", "I", std::nan("")));
}

TEST(SpikeDetector, TakesTheMeanOfTheMiddleTwoOfAnEvenNumber) {
  SpikeDetector detector(1, 4);
  for (const double loss : {1.0, 2.0, 4.0, 10.0}) detector.accept("generator", "I", loss);
  const auto spike = detector.judge("generator", "I", 30);
  ASSERT_TRUE(spike);
  EXPECT_EQ(spike->median, 3);
  EXPECT_NEAR(spike->score, 27 / (1.4826 * 1.5), 1e-9);
}

TEST(SpikeDetector, KnowsTheLastOnesOfItsWindowAlone) {
  SpikeDetector detector(5, 3);
  for (const double loss : {900.0, 900.0, 1.0, 2.0}) {
    EXPECT_FALSE(detector.judge("generator", "I", 1e6)) << "the window is not full";
    detector.accept("generator", "I", loss);
    if (loss == 1.0) break;
  }
  detector.accept("generator", "I", 2.0);
  detector.accept("generator", "I", 3.0);
  EXPECT_EQ(detector.judge("generator", "I", 500)->median, 2);
}

TEST(SpikeDetector, BeginsAnewInEveryPhaseAndForEveryPlayer) {
  SpikeDetector detector = detector_of_five(10);
  EXPECT_FALSE(detector.judge("generator", "II", 1e6));
  EXPECT_FALSE(detector.judge("discriminator", "I", 1e6));
  detector.accept("generator", "II", 1);
  EXPECT_FALSE(detector.judge("generator", "I", 1e6)) << "a phase that has ended never comes back";
}

TEST(SpikeDetector, DoesNotTakeRoundingOfALossThatStandsStillForASpike) {
  SpikeDetector detector(10, 3);
  for (int i = 0; i < 3; ++i) detector.accept("generator", "I", 2.0);
  EXPECT_FALSE(detector.judge("generator", "I", 2.0 * 1.009));
  EXPECT_TRUE(detector.judge("generator", "I", 2.0 * 1.011));
}

TEST(SpikeDetector, FindsNothingWhereItIsOff) {
  EXPECT_FALSE(detector_of_five(0).on());
  EXPECT_FALSE(detector_of_five(0).judge("generator", "I", 1e9));
}

TEST(SpikeDetector, ComesBackFromItsStateToTheSameBits) {
  SpikeDetector detector = detector_of_five(10);
  detector.accept("generator", "I", 0.1 + 0.2);
  SpikeDetector again(10, 5);
  again.restore(detector.state());
  EXPECT_EQ(again.state(), detector.state());
  EXPECT_EQ(again.judge("generator", "I", 77)->score, detector.judge("generator", "I", 77)->score);
  EXPECT_THROW(again.restore("{\"generator\": 3}"), CheckpointError);
}

}  // namespace
}  // namespace understudy
