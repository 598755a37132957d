#include "data_pipeline/mask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data_pipeline/damage.h"

namespace understudy {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Mask kSoft{11, 1, {0, 127, 128, 255, 1, 200, 0, 0, 254, 3, 129}};

TEST(Mask, BitsKeepForegroundOfHalfAndMore) {
  const auto bytes = encode_mask(kSoft, MaskCodec::kBitsDeflate);
  EXPECT_THAT(decode_mask(bytes, MaskCodec::kBitsDeflate, 11, 1, "m").coverage,
              ElementsAre(0, 0, 255, 255, 0, 255, 0, 0, 255, 0, 255));
}

TEST(Mask, RowsOfBitsStartAtByteBoundaries) {
  Mask mask{3, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255}};
  const auto bytes = encode_mask(mask, MaskCodec::kBitsDeflate);
  EXPECT_EQ(decode_mask(bytes, MaskCodec::kBitsDeflate, 3, 3, "m").coverage, mask.coverage);
}

TEST(Mask, PngKeepsEveryValue) {
  const auto bytes = encode_mask(kSoft, MaskCodec::kPng8);
  EXPECT_EQ(decode_mask(bytes, MaskCodec::kPng8, 11, 1, "m").coverage, kSoft.coverage);
}

TEST(Mask, AnotherSizeIsAnErrorThatNamesTheMask) {
  EXPECT_THAT(message_of([] { decode_mask(encode_mask(kSoft, MaskCodec::kPng8), MaskCodec::kPng8, 11, 2, "clip a"); }),
              AllOf(HasSubstr("clip a: mask is 11 x 1, its frame 11 x 2")));
  EXPECT_THAT(message_of([] {
                decode_mask(encode_mask(kSoft, MaskCodec::kBitsDeflate), MaskCodec::kBitsDeflate, 11, 2, "clip a");
              }),
              AllOf(HasSubstr("clip a"), HasSubstr("does not inflate to the 4 bytes")));
  EXPECT_THROW(encode_mask({4, 4, {1}}, MaskCodec::kPng8), DataError);
}

TEST(Mask, CodecsHaveNames) {
  EXPECT_EQ(mask_codec_from_name("png8", "x"), MaskCodec::kPng8);
  EXPECT_EQ(mask_codec_from_name("bits-deflate", "x"), MaskCodec::kBitsDeflate);
  EXPECT_THAT(message_of([] { mask_codec_from_name("jxl", "m.h5"); }),
              HasSubstr("m.h5: mask codec \"jxl\" is unknown"));
}

}  // namespace
}  // namespace understudy
