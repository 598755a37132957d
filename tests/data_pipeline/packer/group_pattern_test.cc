#include "data_pipeline/packer/group_pattern.h"

#include <gmock/gmock.h>

#include "common/errors.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(GroupPattern, TakesPathsApart) {
  const GroupPattern pattern("/data/{split}/id_{identity}#{video}.clip/{clip}");
  EXPECT_EQ(pattern.depth(), 4U);
  EXPECT_THAT(pattern.names(), ElementsAre("split", "identity", "video", "clip"));
  EXPECT_THAT(*pattern.match({"data", "train", "id_7#v#w.clip", "0"}),
              ElementsAre(Pair("clip", "0"), Pair("identity", "7"), Pair("split", "train"), Pair("video", "v#w")));
  EXPECT_EQ(pattern.match({"data", "train", "id_7#v.clip"}), std::nullopt);
  EXPECT_EQ(pattern.match({"data", "train", "id_7#.clip", "0"}), std::nullopt);
  EXPECT_EQ(pattern.match({"data", "train", "id_7#v.clips", "0"}), std::nullopt);
  EXPECT_EQ(pattern.match({"data", "train", "7#v.clip", "0"}), std::nullopt);
  EXPECT_TRUE(pattern.may_match(0, "data"));
  EXPECT_FALSE(pattern.may_match(0, "date"));
  EXPECT_FALSE(pattern.may_match(0, "data2"));
  EXPECT_FALSE(pattern.may_match(4, "x"));
}

TEST(GroupPattern, RefusesWhatItCannotUse) {
  for (const char* wrong : {"", "/", "{identity}", "/{person}", "/{identity}/{identity}", "/{identity"}) {
    EXPECT_THROW(GroupPattern{wrong}, DataError) << wrong;
  }
}

}  // namespace
}  // namespace understudy
