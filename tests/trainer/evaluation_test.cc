#include "trainer/evaluation/evaluation.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "data_pipeline/synthetic_set.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/thread_ranks.h"
#include "tests/support/tiny_set.h"
#include "tests/trainer/mirror_reenactor.h"
#include "trainer/evaluation/evaluation_json.h"

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class EvaluationTest : public testing::Test {
 protected:
  /// A set of noise with 3 people of 2 clips, 4 frames each, of the networks' size.
  EvaluationTest() {
    at::set_num_threads(1);
    write_tiny_set(set_, {.masks = true});
  }

  EvaluationReport measured(const MirrorKind& kind, const EvaluationOptions& options, int world_size = 1) const {
    EvaluationReport report;
    run_on_thread_ranks(world_size, [&](Communicator& ranks) {
      at::set_num_threads(1);
      Heartbeat heartbeat;
      PersonNetworks networks(std::make_unique<MirrorReenactor>(kind));
      auto own = evaluate(networks, set_, options, {ranks, heartbeat, [] { return false; }});
      if (ranks.rank() == 0) report = *std::move(own);
    });
    return report;
  }

  TemporaryFolder place_;
  std::filesystem::path set_ = place_.path() / "set";
};

TEST_F(EvaluationTest, OfDrivingFramesThemselvesIsPerfect) {
  const EvaluationReport report = measured({}, {.frames = 2});
  EXPECT_EQ(report.total.clips, 6);
  EXPECT_EQ(report.total.self.pictures, 12);
  EXPECT_EQ(report.measures, kAkd);
  const Scores& network = report.total.self.scores[kNetwork];
  EXPECT_EQ(network[kPsnr], kMostPsnr) << "equal pictures do not make the mean infinite";
  EXPECT_NEAR(network[kSsim], 1.0, 1e-12);
  EXPECT_EQ(network[kL1], 0.0);
  EXPECT_LT(report.total.self.scores[kCopiedSource][kPsnr], 20.0);
  EXPECT_LT(report.total.self.scores[kMeanPicture][kL1], report.total.self.scores[kCopiedSource][kL1]);
  EXPECT_FALSE(report.total.swap);
  EXPECT_FALSE(report.total.identity_error);
}

TEST_F(EvaluationTest, GivesEveryPersonTheMeanOfTheirOwnPictures) {
  const EvaluationReport report = measured({.light = 0.5F}, {.clips = 5, .frames = 3});
  ASSERT_EQ(report.persons.size(), 3U);
  EXPECT_EQ(report.persons[2].name, "id02");
  double sum = 0;
  std::int64_t pictures = 0;
  for (const PersonReport& person : report.persons) {
    sum += person.self.scores[kNetwork][kL1] * static_cast<double>(person.self.pictures);
    pictures += person.self.pictures;
  }
  EXPECT_EQ(pictures, 15);
  EXPECT_NEAR(report.total.self.scores[kNetwork][kL1], sum / 15, 1e-12);
  EXPECT_NE(report.persons[0].self.scores[kNetwork][kL1], report.persons[1].self.scores[kNetwork][kL1]);
}

TEST_F(EvaluationTest, IsTheSameForAnyNumberOfRanksAndAnyBatch) {
  synthesize_set({.out = place_.path() / "heads", .identities = 2, .clips = 1, .frames = 3, .size = 32});
  set_ = place_.path() / "heads";
  const auto json = [&](int world_size, std::int64_t batch) {
    const EvaluationOptions options{.frames = 2, .batch = batch};
    return format_json(measured({.light = 0.8F}, options, world_size), {}, {});
  };
  const std::string alone = json(1, 8);
  EXPECT_THAT(alone, HasSubstr("angle_error"));
  EXPECT_EQ(json(1, 1), alone);
  for (const int world_size : {2, 3}) EXPECT_EQ(json(world_size, 2), alone) << world_size;
}

TEST_F(EvaluationTest, KnowsThePoseOfSyntheticHeads) {
  synthesize_set({.out = place_.path() / "heads", .identities = 2, .clips = 1, .frames = 3, .stride = 20, .size = 32});
  set_ = place_.path() / "heads";
  const EvaluationReport report = measured({.source = true}, {.frames = 2});
  const auto& swap = report.total.swap;
  ASSERT_TRUE(swap);
  EXPECT_EQ(swap->pictures, 4);
  EXPECT_NEAR(swap->psnr, swap->psnr_copied, 1e-9) << "these networks copy A";
  EXPECT_LT(swap->angle_error_truth, 1.0);
  EXPECT_GT(swap->angle_error_copied, 3.0);
  EXPECT_GT(swap->angle_error, swap->angle_error_truth);
  ASSERT_TRUE(report.persons[0].swap);
  EXPECT_EQ(report.persons[0].swap->pictures, 2);
}

TEST_F(EvaluationTest, JudgesTheForegroundAgainstMaskedFrames) {
  const EvaluationReport report = measured({.foreground = true}, {.frames = 3});
  EXPECT_TRUE(report.foreground);
  EXPECT_LT(report.total.self.scores[kNetwork][kPsnr], 30.0) << "the mirror shows the background too";
  const EvaluationReport black = measured({.foreground = true, .light = 0.0F}, {.frames = 3});
  EXPECT_GT(black.total.self.scores[kNetwork][kPsnr], report.total.self.scores[kNetwork][kPsnr])
      << "nearly everything is background in these masks";
}

TEST_F(EvaluationTest, AsksForMasksWhereNetworksDrawTheForeground) {
  set_ = place_.path() / "no masks";
  write_tiny_set(set_, {});
  EXPECT_THAT([&] { measured({.foreground = true}, {}); }, ThrowsMessage<DataError>(HasSubstr("understudy annotate")));
}

TEST_F(EvaluationTest, ShowsAsManySourcesAsTheNetworksWant) {
  EXPECT_EQ(measured({.sources = 3}, {}).total.self.pictures, 6) << "one of the four frames is left to drive";
  EXPECT_EQ(measured({.sources = 3}, {.sources = 2}).total.self.pictures, 12);
  EXPECT_THAT([&] { measured({}, {.sources = 0}); }, ThrowsMessage<ConfigError>(HasSubstr("--sources 0")));
}

TEST_F(EvaluationTest, MeasuresWeightsThatHoldAPersonOnThatPerson) {
  EXPECT_THAT([&] { measured({.sources = 0}, {}); }, ThrowsMessage<ConfigError>(HasSubstr("--person NAME")));
  EXPECT_THAT([&] { measured({.sources = 0}, {.sources = 1, .persons = {"id01"}}); },
              ThrowsMessage<ConfigError>(HasSubstr("hold the person")));
  const EvaluationReport report = measured({.sources = 0}, {.persons = {"id01"}});
  ASSERT_EQ(report.persons.size(), 1U);
  EXPECT_EQ(report.persons[0].name, "id01");
  EXPECT_EQ(report.total.self.pictures, 6) << "the first frame is the one to copy";
  EXPECT_EQ(report.sources, 0);
}

TEST_F(EvaluationTest, LoadsEachPersonsOwnNetworks) {
  std::vector<std::string> loaded;
  PersonNetworks networks(
      [&](const std::string& person) {
        loaded.push_back(person);
        return std::make_unique<MirrorReenactor>(MirrorKind{.sources = 0, .light = person == "id01" ? 0.0F : 1.0F});
      },
      "id00");
  Heartbeat heartbeat;
  const auto rank = single_rank();
  const auto report = evaluate(networks, set_, {.frames = 1}, {*rank, heartbeat, [] { return false; }});
  ASSERT_TRUE(report);
  EXPECT_EQ(loaded, (std::vector<std::string>{"id00", "id01", "id02"}));
  EXPECT_EQ(report->persons[0].self.scores[kNetwork][kPsnr], kMostPsnr);
  EXPECT_LT(report->persons[1].self.scores[kNetwork][kPsnr], 20.0);
}

TEST_F(EvaluationTest, LeavesTogetherWhenARankIsAskedTo) {
  run_on_thread_ranks(2, [&](Communicator& ranks) {
    Heartbeat heartbeat;
    PersonNetworks networks(std::make_unique<MirrorReenactor>());
    const RankContext context{ranks, heartbeat, [&] { return ranks.rank() == 1; }};
    EXPECT_FALSE(evaluate(networks, set_, {}, context));
  });
}

TEST_F(EvaluationTest, WritesPicturesAndAComparison) {
  measured({}, {.clips = 2, .frames = 1, .picture = place_.path() / "rows.png", .pictures = place_.path() / "all"});
  EXPECT_TRUE(std::filesystem::exists(place_.path() / "rows.png"));
  EXPECT_TRUE(std::filesystem::exists(place_.path() / "all" / "self-00000-00000-00001-truth.npy"));
  EXPECT_TRUE(std::filesystem::exists(place_.path() / "all" / "self-00001-00003-00001-prediction.npy"));
}

}  // namespace
}  // namespace understudy
