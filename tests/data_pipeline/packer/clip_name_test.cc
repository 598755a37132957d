#include "data_pipeline/packer/clip_name.h"

#include <gmock/gmock.h>

#include "data_pipeline/packer/clip_input.h"

namespace understudy {
namespace {

std::string reason_against(std::string_view stem) {
  try {
    parse_clip_name(stem);
  } catch (const ClipRejected& rejected) {
    EXPECT_EQ(rejected.reason, RejectionReason::kName);
    return rejected.what();
  }
  return "accepted";
}

TEST(ClipName, TakesIdentityAndVideoFromTheFirstTwoParts) {
  const ClipName name = parse_clip_name("id10005#WMh3ye5tBsE#003657#003994");
  EXPECT_EQ(name.name, "id10005#WMh3ye5tBsE#003657#003994");
  EXPECT_EQ(name.identity, "id10005");
  EXPECT_EQ(name.video, "WMh3ye5tBsE");
  EXPECT_EQ(parse_clip_name("a#b.c-d").video, "b.c-d");
}

TEST(ClipName, RefusesNamesThatTellTooLittle) {
  EXPECT_THAT(reason_against("clip7"), testing::HasSubstr("no '#'"));
  EXPECT_THAT(reason_against("#video"), testing::HasSubstr("empty"));
  EXPECT_THAT(reason_against("id##1"), testing::HasSubstr("empty"));
  EXPECT_THAT(reason_against("id#"), testing::HasSubstr("empty"));
  EXPECT_THAT(reason_against("id#v#"), testing::HasSubstr("empty"));
  EXPECT_THAT(reason_against("id#my video#1"), testing::HasSubstr("no blank"));
  EXPECT_THAT(reason_against("id#vid\xC3\xA9o#1"), testing::HasSubstr("ASCII"));
  EXPECT_THAT(reason_against("id#" + std::string(300, 'v')), testing::HasSubstr("303 characters"));
}

TEST(ClipName, JoinsPartsOfAPath) {
  EXPECT_EQ(join_clip_name("id00012", "21Uxsk56VDQ", "00001").name, "id00012#21Uxsk56VDQ#00001");
  EXPECT_THROW(join_clip_name("id#1", "v", "0"), ClipRejected);
  EXPECT_THROW(join_clip_name("id", "", "0"), ClipRejected);
}

}  // namespace
}  // namespace understudy
