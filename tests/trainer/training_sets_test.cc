#include "trainer/training_sets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TrainingSets : public testing::Test {
 protected:
  TrainingSets() {
    write_tiny_set(place_.path() / "a", {.side = 16});
    write_tiny_set(place_.path() / "b", {.identities = 1, .side = 16});
    SetOptions other;
    other.landmark_reference_size = 512.0F;
    write_tiny_set(place_.path() / "other-size", {.side = 16}, other);
  }
  DataSets open(const std::vector<std::string>& names) {
    for (const std::string& name : names) config_.train_sets.push_back((place_.path() / name).string());
    return open_training_sets(config_, {.landmarks = true}, problems_);
  }

  TemporaryFolder place_;
  RunConfig config_;
  Problems problems_;
};

TEST_F(TrainingSets, AreDrawnFromInTheirShares) {
  const DataSets sets = open({"a", "b"});
  EXPECT_THAT(problems_.messages(), IsEmpty());
  config_.weights = {1, 3};
  config_.seed = 5;
  config_.balance = Balance::kClip;
  const MixedSampler sampler = training_sampler(sets, config_, {.sources = 1});
  const MixedSampler same(sets, {1, 3}, 5, {.sources = 1}, Balance::kClip);
  for (std::uint64_t g = 0; g < 40; ++g) EXPECT_EQ(sampler.episode(g), same.episode(g));
  EXPECT_EQ(sampler.fingerprint(), same.fingerprint());
}

TEST_F(TrainingSets, HoldOutFramesForValidation) {
  config_.identity = "id01";
  config_.held_out = 0.25;
  const DataSets sets = open({"a"});
  const auto held_out = open_set(*validation_set_of(config_), {});
  EXPECT_THAT(sets.front()->usable_frames(0), IsEmpty());  // of id00
  EXPECT_THAT(sets.front()->usable_frames(2), ElementsAre(0, 1, 2));
  EXPECT_THAT(held_out->usable_frames(2), ElementsAre(3));
  EXPECT_NE(sets.front()->fingerprint(), held_out->fingerprint());
}

TEST_F(TrainingSets, AllHaveTheirProblemsListed) {
  EXPECT_EQ(open({"nowhere", "a", "somewhere"}).size(), 1U);
  EXPECT_THAT(problems_.messages(),
              ElementsAre(AllOf(HasSubstr("data.train"), HasSubstr("nowhere")), HasSubstr("somewhere")));
}

TEST_F(TrainingSets, MustBeNamed) {
  open({});
  EXPECT_THAT(problems_.messages(), ElementsAre(HasSubstr("data.train: names no set")));
}

TEST_F(TrainingSets, MustHaveLandmarksOfOneScale) {
  open({"a", "b", "other-size"});
  EXPECT_THAT(problems_.messages(),
              ElementsAre(AllOf(HasSubstr("other-size has landmarks in pixels of a picture of side 512"),
                                HasSubstr("a of side 256"))));
}

}  // namespace
}  // namespace understudy
