#include "data_pipeline/picture_grid.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "common/errors.h"

namespace understudy {
namespace {

Picture plain(int width, int height, std::uint8_t value) {
  Picture picture(width, height);
  std::fill(picture.rgb.begin(), picture.rgb.end(), value);
  return picture;
}

TEST(PictureGrid, FillsRowsFromTheLeftAndLeavesTheRestBlack) {
  const std::vector<Picture> pictures{plain(2, 3, 10), plain(2, 3, 20), plain(2, 3, 30)};
  const Picture grid = picture_grid(pictures, 2);
  ASSERT_EQ(grid.width, 4);
  ASSERT_EQ(grid.height, 6);
  EXPECT_EQ(*grid.pixel(1, 2), 10);
  EXPECT_EQ(*grid.pixel(2, 0), 20);
  EXPECT_EQ(*grid.pixel(0, 3), 30);
  EXPECT_EQ(*grid.pixel(2, 3), 0);
}

TEST(PictureGrid, SeparatesCellsByTheGap) {
  const std::vector<Picture> pictures{plain(1, 1, 10), plain(1, 1, 20)};
  const Picture grid = picture_grid(pictures, 2, 3);
  ASSERT_EQ(grid.width, 5);
  ASSERT_EQ(grid.height, 1);
  EXPECT_EQ(*grid.pixel(3, 0), 0);
  EXPECT_EQ(*grid.pixel(4, 0), 20);
}

TEST(PictureGrid, CentresSmallerPictures) {
  const std::vector<Picture> pictures{plain(5, 4, 10), plain(1, 2, 20)};
  const Picture grid = picture_grid(pictures, 1);
  ASSERT_EQ(grid.width, 5);
  ASSERT_EQ(grid.height, 8);
  EXPECT_EQ(std::count(grid.rgb.begin(), grid.rgb.end(), 20), 6);
  EXPECT_EQ(*grid.pixel(2, 5), 20);
  EXPECT_EQ(*grid.pixel(2, 6), 20);
}

TEST(PictureGrid, UsesNoMoreColumnsThanPictures) {
  EXPECT_EQ(picture_grid(std::vector<Picture>{plain(2, 2, 1)}, 10).width, 2);
}

TEST(PictureGrid, RefusesNothingToShow) {
  EXPECT_THROW(picture_grid({}, 2), DataError);
  EXPECT_THROW(picture_grid(std::vector<Picture>{plain(1, 1, 1)}, 0), DataError);
}

}  // namespace
}  // namespace understudy
