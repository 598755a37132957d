#include "data_pipeline/frame_selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "data_pipeline/data_set.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<std::uint32_t> kUsable{1, 2, 5, 7, 8};

TEST(SelectedFrames, HoldsOutTheLastOnes) {
  EXPECT_THAT(selected_frames(kUsable, {.held_out = 0.4}), ElementsAre(1, 2, 5));
  EXPECT_THAT(selected_frames(kUsable, {.held_out = 0.4, .of_held_out = true}), ElementsAre(7, 8));
}

TEST(SelectedFrames, RoundsToTheNearestNumber) {
  EXPECT_THAT(selected_frames(kUsable, {.held_out = 0.09, .of_held_out = true}), IsEmpty());
  EXPECT_THAT(selected_frames(kUsable, {.held_out = 0.11, .of_held_out = true}), ElementsAre(8));
}

TEST(SelectedFrames, AlwaysLeavesOne) {
  EXPECT_THAT(selected_frames(kUsable, {.held_out = 0.95}), ElementsAre(1));
  EXPECT_THAT(selected_frames(std::vector<std::uint32_t>{4}, {.held_out = 0.9, .of_held_out = true}), IsEmpty());
  EXPECT_THAT(selected_frames({}, {.held_out = 0.5}), IsEmpty());
}

class SelectedSetTest : public testing::Test {
 protected:
  SelectedSetTest() { write_tiny_set(place_.path() / "set", {.frames = 4}); }
  DataSet set(const FrameSelection& selection = {}) const {
    return DataSet::open(place_.path() / "set", {}, {}, selection);
  }
  TemporaryFolder place_;
};

TEST_F(SelectedSetTest, ShowsOnePersonAlone) {
  const DataSet everyone = set();
  const DataSet one = set({.identity = everyone.identities()[1].name});
  ASSERT_EQ(one.clips().size(), everyone.clips().size());
  for (std::uint32_t clip = 0; clip < one.clips().size(); ++clip)
    EXPECT_EQ(one.usable_frames(clip).size(), one.clips()[clip].identity == 1 ? 4U : 0U);
}

TEST_F(SelectedSetTest, HasAFingerprintOfItsOwn) {
  const std::string everyone = set().fingerprint();
  EXPECT_EQ(set(FrameSelection{}).fingerprint(), everyone);
  const std::string rest = set({.held_out = 0.5}).fingerprint();
  const std::string held_out = set({.held_out = 0.5, .of_held_out = true}).fingerprint();
  EXPECT_NE(rest, everyone);
  EXPECT_NE(rest, held_out);
  EXPECT_EQ(set({.held_out = 0.5}).fingerprint(), rest);
}

TEST_F(SelectedSetTest, NamesThePeopleThereAreInsteadOfAStranger) {
  const std::string name = set().identities()[0].name;
  try {
    set({.identity = name + "x"});
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr(name + "x"));
    EXPECT_THAT(error.what(), HasSubstr("did you mean " + name));
  }
}

}  // namespace
}  // namespace understudy
