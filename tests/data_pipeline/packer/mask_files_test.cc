#include "data_pipeline/packer/mask_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_pipeline/png_codec.h"
#include "tests/data_pipeline/numpy_files.h"
#include "tests/data_pipeline/packer/annotated_clip.h"

namespace understudy {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string png(const PngPixels& pixels) {
  const std::vector<std::byte> bytes = encode_png_pixels(pixels);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Frames of 4 x 2 pixels.
class MaskFiles : public AnnotatedClip {
 protected:
  MaskFiles() {
    frames_.width = frames_.decoded_width = 4;
    frames_.height = frames_.decoded_height = 2;
    frames_.crop = {0, 0, 4, 2};
  }
  std::vector<std::vector<std::byte>> read(MaskCodec codec = MaskCodec::kPng8) const {
    return read_mask_files(folder_.path(), codec, clip_, frames_);
  }
  std::vector<std::uint8_t> coverage(std::size_t frame, MaskCodec codec = MaskCodec::kPng8) const {
    return decode_mask(read(codec)[frame], codec, frames_.width, frames_.height, "mask").coverage;
  }
  void expect_rejected(const std::string& detail) const {
    const Rejected result = rejected_by([&] { read(); });
    EXPECT_EQ(result.reason, RejectionReason::kAnnotation);
    EXPECT_THAT(result.detail, HasSubstr(detail));
  }
};

const PngPixels kGrey{4, 2, 1, {0, 10, 127, 128, 200, 255, 1, 2}};

TEST_F(MaskFiles, BelongToFramesOfTheirName) {
  name_frames();
  write("id1/VIDEO/00.png", png(kGrey));
  write("id1/VIDEO/50.png", "not packed, not read");
  write("id1/VIDEO/75.png", png({4, 2, 1, {255, 0, 0, 0, 0, 0, 0, 0}}));
  const auto masks = read();
  ASSERT_EQ(masks.size(), 3);
  EXPECT_EQ(coverage(0), kGrey.bytes);
  EXPECT_THAT(masks[1], IsEmpty());
  EXPECT_EQ(coverage(2)[0], 255);
  EXPECT_THAT(coverage(0, MaskCodec::kBitsDeflate), ElementsAre(0, 0, 0, 255, 255, 255, 0, 0));
}

TEST_F(MaskFiles, OfAVideoAreCounted) {
  for (int i = 0; i < 4; ++i) {
    PngPixels pixels = kGrey;
    pixels.bytes[0] = static_cast<std::uint8_t>(i);
    write("c/" + std::to_string(i + 8) + ".png", png(pixels));  // 8, 9, 10, 11
  }
  EXPECT_EQ(coverage(1)[0], 1);
  EXPECT_EQ(coverage(2)[0], 3);
  write("c/12.png", png(kGrey));
  expect_rejected("c: 5 masks for 4 frames");
}

TEST_F(MaskFiles, TakeTheSecondChannelOfColours) {
  name_frames();
  PngPixels colour{4, 2, 3, {}};
  for (const std::uint8_t value : kGrey.bytes) colour.bytes.insert(colour.bytes.end(), {9, value, 99});
  write("id1/VIDEO/25.png", png(colour));
  EXPECT_EQ(coverage(1), kGrey.bytes);
}

TEST_F(MaskFiles, TakeTheFirstChannelOfArrays) {
  name_frames();
  std::string both;
  for (const std::uint8_t value : kGrey.bytes) both += {static_cast<char>(value), '\x33'};
  write("id1/VIDEO/00.png.npy", npy("|u1", "(2, 4, 2)", both));
  write("id1/VIDEO/25.png.npy", npy("|u1", "(2, 4)", std::string(kGrey.bytes.begin(), kGrey.bytes.end())));
  EXPECT_EQ(coverage(0), kGrey.bytes);
  EXPECT_EQ(coverage(1), kGrey.bytes);
}

TEST_F(MaskFiles, AreCutAndResizedAsTheirFrames) {
  name_frames();
  write("id1/VIDEO/00.png", png(kGrey));
  frames_.crop = {1, 0, 3, 2};
  frames_.width = frames_.height = 1;
  EXPECT_THAT(coverage(0), ElementsAre(98));  // of 10, 127, 255, 1
  write("id1/VIDEO/00.png", png({4, 2, 1, {7, 90, 90, 7, 7, 90, 90, 7}}));
  frames_.width = frames_.height = 5;
  EXPECT_THAT(coverage(0), Each(90));
}

TEST_F(MaskFiles, AreRejectedWhenTheyDoNotFit) {
  expect_rejected("no folder of masks " + (folder_.path() / "train/c.mp4").string());
  name_frames();
  write("id1/VIDEO/99.png", png(kGrey));
  expect_rejected("no mask has the name of a frame, such as 00.png");
  write("id1/VIDEO/00.png", png({2, 2, 1, {0, 0, 0, 255}}));
  expect_rejected("00.png: mask is 2 x 2, the frames are 4 x 2");
  write("id1/VIDEO/00.png", "text");
  expect_rejected("00.png");
}

TEST_F(MaskFiles, AreRejectedInAnotherUnit) {
  name_frames();
  write("id1/VIDEO/00.png", png({4, 2, 1, {0, 1, 1, 0, 0, 1, 1, 0}}));
  expect_rejected("no mask has a value above 1; foreground is 255: units?");
  write("id1/VIDEO/00.png", png({4, 2, 1, {0, 1, 1, 0, 0, 1, 2, 0}}));
  EXPECT_NO_THROW(read());
  std::filesystem::remove(folder_.path() / "id1/VIDEO/00.png");
  write("id1/VIDEO/00.png.npy", npy("<f4", "(2, 4)", raw(std::vector<float>(8, 256.0F))));
  expect_rejected("holds 256; masks have 0 to 255");
  write("id1/VIDEO/00.png.npy", npy("<f4", "(8,)", raw(std::vector<float>(8, 1.0F))));
  expect_rejected("shape [8], not [height, width]");
}

}  // namespace
}  // namespace understudy
