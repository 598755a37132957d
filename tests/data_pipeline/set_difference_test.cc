#include "data_pipeline/set_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TinySet kTiny{.masks = true, .truth = true};

class SetDifferenceTest : public ::testing::Test {
 protected:
  std::filesystem::path path(const char* name) const { return folder_.path() / name; }

  /// The tiny set after `change(record)`, which may return false to leave a clip out.
  template <class Change>
  void write(const char* name, const SetOptions& options, const Change& change) {
    SetWriter writer(path(name), options);
    for (std::uint32_t identity = 0; identity < kTiny.identities; ++identity) {
      for (std::uint32_t clip = 0; clip < kTiny.clips; ++clip) {
        ClipRecord record = tiny_clip(kTiny, identity, clip);
        if (change(record)) writer.add(record);
      }
    }
    writer.finish();
  }
  void write(const char* name, const SetOptions& options = {}) {
    write(name, options, [](ClipRecord&) { return true; });
  }

  const KindDifference& kind(const SetDifference& difference, AnnotationKind wanted) const {
    for (const KindDifference& found : difference.kinds) {
      if (found.kind == wanted) return found;
    }
    throw std::runtime_error("no such kind");
  }

  TemporaryFolder folder_;
};

TEST_F(SetDifferenceTest, OfSetsThatAreCutDifferentlyIsEmpty) {
  write("one");
  write("many", {.shard_bytes = 1});
  const SetDifference difference = compare_sets(path("one"), path("many") / "set.toml");
  EXPECT_TRUE(difference.empty());
  EXPECT_EQ(difference.first.fingerprint, difference.second.fingerprint);
  EXPECT_NE(difference.first.shards.size(), difference.second.shards.size());
  EXPECT_EQ(difference.identities.both, 3U);
  EXPECT_EQ(difference.videos.both, 6U);
  EXPECT_EQ(difference.clips.both, 6U);
  EXPECT_EQ(difference.kinds.size(), 3U);
}

TEST_F(SetDifferenceTest, NamesWhatOnlyOneHas) {
  write("first", {}, [](const ClipRecord& clip) { return clip.identity != "id02"; });
  write("second", {}, [](const ClipRecord& clip) { return clip.name != "id00#video01#001"; });
  const SetDifference difference = compare_sets(path("first"), path("second"));
  EXPECT_FALSE(difference.empty());
  EXPECT_THAT(difference.identities.only_first, IsEmpty());
  EXPECT_THAT(difference.identities.only_second, ElementsAre("id02"));
  EXPECT_THAT(difference.videos.only_first, ElementsAre("id00#video01"));
  EXPECT_THAT(difference.videos.only_second, ElementsAre("id02#video00", "id02#video01"));
  EXPECT_THAT(difference.clips.only_first, ElementsAre("id00#video01#001"));
  EXPECT_EQ(difference.clips.both, 3U);
  EXPECT_THAT(difference.changed, IsEmpty());
}

TEST_F(SetDifferenceTest, TellsContentsOfAClipApart) {
  write("first");
  write("second", {}, [](ClipRecord& clip) {
    if (clip.name == "id00#video00#000") clip.unusable = {0, 0, 1, 0};
    if (clip.name == "id01#video00#000") std::swap(clip.frames[0], clip.frames[1]);
    if (clip.name == "id01#video01#001") clip.source_index = {0, 1, 2, 4};
    return true;
  });
  const SetDifference difference = compare_sets(path("first"), path("second"));
  ASSERT_EQ(difference.changed.size(), 3U);
  EXPECT_EQ(difference.changed[0].clip, "id00#video00#000");
  EXPECT_EQ(difference.changed[0].first.usable, 4U);
  EXPECT_EQ(difference.changed[0].second.usable, 3U);
  EXPECT_EQ(difference.changed[1].clip, "id01#video00#000");
  EXPECT_EQ(difference.changed[1].first.usable, difference.changed[1].second.usable);
  EXPECT_NE(difference.changed[1].first.content_crc, difference.changed[1].second.content_crc);
  EXPECT_EQ(difference.changed[2].clip, "id01#video01#001");
  EXPECT_THAT(kind(difference, AnnotationKind::kLandmark68).clips, IsEmpty());
}

TEST_F(SetDifferenceTest, FindsAnnotationsThatDiffer) {
  write("first");
  write("second", {}, [](ClipRecord& clip) {
    if (clip.name == "id00#video00#000") clip.annotations.landmarks[2].xy[5] += 1;
    if (clip.name == "id01#video00#000") clip.annotations.masks[0].clear();
    if (clip.name == "id02#video00#000") clip.annotations.truth.expression[1][0] += 1;
    if (clip.name == "id02#video01#001") clip.annotations.truth.identity[0] += 1;
    return true;
  });
  const SetDifference difference = compare_sets(path("first"), path("second"));
  EXPECT_EQ(difference.first.fingerprint, difference.second.fingerprint);
  EXPECT_FALSE(difference.empty());
  EXPECT_THAT(kind(difference, AnnotationKind::kLandmark68).clips, ElementsAre("id00#video00#000"));
  EXPECT_THAT(kind(difference, AnnotationKind::kMask).clips, ElementsAre("id01#video00#000"));
  EXPECT_THAT(kind(difference, AnnotationKind::kSynthetic).clips, ElementsAre("id02#video00#000", "id02#video01#001"));
  EXPECT_TRUE(compare_sets(path("first"), path("second"), true).empty());  // the index does not know
}

TEST_F(SetDifferenceTest, LandmarksOfAnotherPictureDiffer) {
  write("first");
  write("second", {.landmark_reference_size = 512});
  const SetDifference difference = compare_sets(path("first"), path("second"));
  EXPECT_EQ(kind(difference, AnnotationKind::kLandmark68).clips.size(), 6U);
}

TEST_F(SetDifferenceTest, AKindThatOneLacksIsADifference) {
  write("first");
  write("second", {}, [](ClipRecord& clip) {
    clip.annotations.masks.clear();
    return true;
  });
  for (const bool index_only : {false, true}) {
    const SetDifference difference = compare_sets(path("first"), path("second"), index_only);
    EXPECT_FALSE(difference.empty());
    EXPECT_TRUE(kind(difference, AnnotationKind::kMask).in_first);
    EXPECT_FALSE(kind(difference, AnnotationKind::kMask).in_second);
  }
}

TEST_F(SetDifferenceTest, UnknownLandmarksEqualMissingOnes) {
  const auto only_the_first_person = [](ClipRecord& clip) {
    clip.annotations.truth = {};
    if (clip.identity != "id00") clip.annotations.landmarks.clear();
    return true;
  };
  write("one", {}, only_the_first_person);                   // one landmark shard, with zeros for the others
  write("many", {.shard_bytes = 1}, only_the_first_person);  // shards without landmarks
  EXPECT_TRUE(compare_sets(path("one"), path("many")).empty());
}

TEST_F(SetDifferenceTest, NeedsNoShardsForTheIndex) {
  write("first");
  write("second");
  std::filesystem::remove(path("second") / "frames-00000.h5");
  EXPECT_TRUE(compare_sets(path("first"), path("second"), true).empty());
  EXPECT_THROW(compare_sets(path("first"), path("second")), DataError);
  EXPECT_THROW(compare_sets(path("first"), path("third"), true), DataError);
}

}  // namespace
}  // namespace understudy
