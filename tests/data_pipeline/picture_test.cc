#include "data_pipeline/picture.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "common/hash.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A smooth colour ramp, which JPEG keeps almost exactly.
Picture ramp(int width, int height) {
  Picture picture(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      picture.pixel(x, y)[0] = static_cast<std::uint8_t>(20 + 3 * x);
      picture.pixel(x, y)[1] = static_cast<std::uint8_t>(40 + 2 * y);
      picture.pixel(x, y)[2] = static_cast<std::uint8_t>(120 + x - y);
    }
  }
  return picture;
}

double mean_difference(const Picture& a, const Picture& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.rgb.size(); ++i) sum += std::abs(int{a.rgb[i]} - int{b.rgb[i]});
  return sum / static_cast<double>(a.rgb.size());
}

TEST(Jpeg, KeepsSizeAndColoursOfASmoothPicture) {
  for (const bool full_chroma : {false, true}) {
    const Picture picture = ramp(41, 30);
    const Picture decoded = decode_jpeg(encode_jpeg(picture, 95, full_chroma), "ramp");
    ASSERT_EQ(decoded.width, 41);
    ASSERT_EQ(decoded.height, 30);
    EXPECT_LT(mean_difference(picture, decoded), 1.5);
  }
  EXPECT_EQ(jpeg_size(encode_jpeg(ramp(41, 30), 95), "ramp"), (PictureSize{41, 30}));
}

// Pins the accurate integer transform: another decoder or a faster transform would change the bits of every run.
TEST(Jpeg, DecodedPixelsNeverChange) {
  const auto jpeg = encode_jpeg(tiny_picture(48, 32, 1, 2), 90);
  const Picture decoded = decode_jpeg(jpeg, "noise");
  EXPECT_EQ(sha256_hex({reinterpret_cast<const char*>(decoded.rgb.data()), decoded.rgb.size()}),
            "b3792bb13250fbdf5f0bc882e8c8942f4842b1b5aaf3e86e6bf7bbddf439b857");
}

TEST(Jpeg, CutOrDamagedBytesAreErrorsThatNameThePicture) {
  auto jpeg = encode_jpeg(ramp(64, 64), 95);
  const auto half = std::span(jpeg).first(jpeg.size() / 2);
  EXPECT_THAT(message_of([&] { decode_jpeg(half, "clip 3, frame 4"); }),
              AllOf(HasSubstr("clip 3, frame 4"), HasSubstr("cannot decode JPEG")));
  EXPECT_THROW(decode_jpeg({}, "nothing"), DataError);
}

TEST(Png, KeepsEveryPixel) {
  const Picture picture = tiny_picture(33, 17, 3, 4);
  const Picture decoded = decode_png(encode_png(picture), "noise");
  EXPECT_EQ(decoded.width, 33);
  EXPECT_EQ(decoded.rgb, picture.rgb);
}

TEST(ReadPicture, TellsPngAndJpegApartByTheirBytes) {
  const TemporaryFolder folder;
  const Picture picture = ramp(20, 10);
  write_png(folder.path() / "a.jpg", picture);  // the name does not matter
  EXPECT_EQ(read_picture(folder.path() / "a.jpg").rgb, picture.rgb);
  const auto jpeg = encode_jpeg(picture, 95);
  write_file_atomically(folder.path() / "b", {reinterpret_cast<const char*>(jpeg.data()), jpeg.size()});
  EXPECT_EQ(read_picture(folder.path() / "b").rgb, decode_jpeg(jpeg, "").rgb);
}

TEST(ReadPicture, SaysWhatAnotherFileSeemsToBe) {
  const TemporaryFolder folder;
  const auto error_for = [&](std::string_view bytes) {
    write_file_atomically(folder.path() / "x.png", bytes);
    return message_of([&] { read_picture(folder.path() / "x.png"); });
  };
  EXPECT_THAT(error_for(std::string_view("\0\0\0\x20"
                                         "ftypisom",
                                         12)),
              AllOf(HasSubstr("x.png: is no PNG or JPEG"), HasSubstr("MP4")));
  EXPECT_THAT(error_for("GIF89a"), HasSubstr("GIF"));
  EXPECT_THAT(error_for("RIFF0000WEBPVP8 "), HasSubstr("WebP"));
  EXPECT_THAT(error_for(""), HasSubstr("is empty"));
}

}  // namespace
}  // namespace understudy
