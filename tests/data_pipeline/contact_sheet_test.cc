#include "data_pipeline/contact_sheet.h"

#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

class ContactSheetTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  DataSet set_ = [this] {
    write_tiny_set(folder_.path() / "set");
    return DataSet::open(folder_.path() / "set");
  }();
};

TEST_F(ContactSheetTest, ShowsFramesOfEachIdentityInRows) {
  const Picture sheet = contact_sheet(set_, {.identities = 8, .frames = 2, .cell = 32, .landmarks = false});
  ASSERT_EQ(sheet.width, 64);
  ASSERT_EQ(sheet.height, 96);
  const Picture last = set_.decode_frame({2, 3});  // second person's first clip, last frame
  for (int y = 0; y < 32; ++y) {
    EXPECT_TRUE(std::equal(last.pixel(0, y), last.pixel(0, y) + 96, sheet.pixel(32, 32 + y))) << "row " << y;
  }
}

TEST_F(ContactSheetTest, ShrinksByAveraging) {
  const Picture sheet = contact_sheet(set_, {.identities = 1, .frames = 1, .cell = 16, .landmarks = false});
  const Picture frame = set_.decode_frame({0, 0});
  const int sum = frame.pixel(6, 4)[1] + frame.pixel(7, 4)[1] + frame.pixel(6, 5)[1] + frame.pixel(7, 5)[1];
  EXPECT_EQ(sheet.pixel(3, 2)[1], (sum + 2) / 4);
}

TEST_F(ContactSheetTest, MarksLandmarksAtTheScaleOfTheCell) {
  const ContactSheetOptions plain{.identities = 1, .frames = 1, .cell = 64, .landmarks = false};
  ContactSheetOptions dotted = plain;
  dotted.landmarks = true;
  const Picture without = contact_sheet(set_, plain);
  const Picture with = contact_sheet(set_, dotted);
  const Landmarks68 landmarks = set_.landmarks({0, 0});
  const std::uint8_t* dot = with.pixel(static_cast<int>(landmarks.xy[0] / 4), static_cast<int>(landmarks.xy[1] / 4));
  EXPECT_EQ(dot[0], 0);
  EXPECT_EQ(dot[1], 255);
  EXPECT_NE(with.rgb, without.rgb);
}

TEST_F(ContactSheetTest, PutsLandmarksOutsideTheFrameOnItsBorderInRed) {
  ClipRecord clip = tiny_clip({.identities = 1, .clips = 1, .frames = 1}, 0, 0);
  for (float& value : clip.annotations.landmarks[0].xy) value *= 2.2F;  // pixels of a larger picture
  clip.annotations.landmarks[0].xy[0] = std::numeric_limits<float>::quiet_NaN();
  SetWriter writer(folder_.path() / "wrong", {});
  writer.add(clip);
  writer.finish();
  const Picture sheet = contact_sheet(DataSet::open(folder_.path() / "wrong"),
                                      {.identities = 1, .frames = 1, .cell = 192, .landmarks = true});
  const Landmarks68& points = clip.annotations.landmarks[0];
  for (std::size_t i = 1; i < 68; ++i) {
    const int x = static_cast<int>(points.xy[2 * i] * 0.75F);
    const int y = static_cast<int>(points.xy[2 * i + 1] * 0.75F);
    const std::uint8_t* pixel = sheet.pixel(std::min(x, 191), std::min(y, 191));
    EXPECT_EQ(pixel[x < 192 && y < 192 ? 1 : 0], 255) << i;
    EXPECT_EQ(pixel[x < 192 && y < 192 ? 0 : 1], 0) << i;
  }
}

}  // namespace
}  // namespace understudy
