#include "trainer/preflight/set_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr EpisodeSpec kSpec{.sources = 1, .distinct_frames = false, .needs_landmarks = true, .needs_masks = false};

class SetFactsTest : public testing::Test {
 protected:
  /// Three people with two clips of four frames of 32 pixels.
  std::optional<CheckedSet> set(const std::string& name, const TinySet& tiny = {}, const EpisodeSpec& spec = kSpec) {
    if (!fs::exists(place_.path() / name)) write_tiny_set(place_.path() / name, tiny);
    return check_set({"data." + name, place_.path() / name, {}}, spec, 1, {}, problems_);
  }
  std::vector<std::string> warned_of_list(std::int64_t episodes) {
    Problems warnings;
    check_validation_list(*set("validation", {.identities = 2}), episodes, warnings);
    return warnings.messages();
  }

  TemporaryFolder place_;
  Problems problems_;
};

TEST_F(SetFactsTest, CountWhatASetHolds) {
  const auto checked = set("train");
  ASSERT_TRUE(checked) << problems_.messages().front();
  EXPECT_EQ(checked->facts.identities, 3U);
  EXPECT_EQ(checked->facts.clips, 6U);
  EXPECT_EQ(checked->facts.frames, 24U);
  EXPECT_EQ(checked->facts.usable_frames, 24U);
  EXPECT_EQ(checked->facts.drawn_identities, 3U);
  std::uintmax_t bytes = 0;
  for (const auto& file : fs::directory_iterator(place_.path() / "train")) {
    if (file.path().extension() == ".h5") bytes += file.file_size();
  }
  EXPECT_EQ(checked->facts.bytes, bytes);
}

TEST_F(SetFactsTest, NameEveryFileThatIsMissingOrCut) {
  set("train");
  fs::remove(place_.path() / "train" / "index.h5");
  fs::resize_file(place_.path() / "train" / "frames-00000.h5", 100);
  EXPECT_FALSE(set("train"));
  EXPECT_THAT(problems_.messages(), ElementsAre(HasSubstr("index.h5"), HasSubstr("frames-00000.h5: has 100 bytes")));
}

TEST_F(SetFactsTest, RefuseASetWithoutWhatTheRecipeNeeds) {
  EXPECT_FALSE(set("bare", {.landmarks = false}));
  EXPECT_FALSE(set("train", {}, {.sources = 4, .distinct_frames = true, .needs_landmarks = true}));
  EXPECT_THAT(problems_.messages(), ElementsAre(HasSubstr("landmark68"), HasSubstr("none of 6 clips has 5 usable")));
}

TEST_F(SetFactsTest, WarnOfFramesThatAreSmallerThanTheModelsPictures) {
  Problems warnings;
  check_frame_sizes(*set("train"), 32, warnings);
  EXPECT_THAT(warnings.messages(), IsEmpty());
  check_frame_sizes(*set("train"), 64, warnings);
  EXPECT_THAT(warnings.messages(), ElementsAre(HasSubstr("enlarged to model.image_size = 64")));
}

TEST_F(SetFactsTest, WarnOfSharedPeople) {
  Problems warnings;
  const std::vector<CheckedSet> train{*set("train")};
  check_people_apart(train, *set("validation", {.identities = 2}), warnings);
  EXPECT_THAT(warnings.messages(), ElementsAre(HasSubstr("2 of its 2 identities are in data.train, too (id00, id01)")));
}

TEST_F(SetFactsTest, WarnOfListsLongerThanTheSet) {
  EXPECT_THAT(warned_of_list(4), IsEmpty());
  EXPECT_THAT(warned_of_list(1000), ElementsAre(HasSubstr("only 64 of the list differ")));  // 4 clips x 4 x 4
}

TEST_F(SetFactsTest, CountTheFramesOfASelection) {
  set("train");
  const auto checked = check_set(
      {"data.train", place_.path() / "train", {.identity = "id01", .held_out = 0.25}}, kSpec, 1, {}, problems_);
  ASSERT_TRUE(checked) << problems_.messages().front();
  EXPECT_EQ(checked->facts.usable_frames, 6U);
  EXPECT_EQ(checked->facts.drawn_identities, 1U);
}

}  // namespace
}  // namespace understudy
