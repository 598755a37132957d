#include "data_pipeline/statistics/canvas.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

std::array<int, 3> colour_at(const Picture& picture, int x, int y) {
  const std::uint8_t* pixel = picture.pixel(x, y);
  return {pixel[0], pixel[1], pixel[2]};
}

/// Columns of a picture that are not all white: [first, last].
std::pair<int, int> drawn_columns(const Picture& picture) {
  std::pair<int, int> columns{picture.width, -1};
  for (int x = 0; x < picture.width; ++x) {
    for (int y = 0; y < picture.height; ++y) {
      if (colour_at(picture, x, y) == std::array{255, 255, 255}) continue;
      columns = {std::min(columns.first, x), std::max(columns.second, x)};
    }
  }
  return columns;
}

TEST(Canvas, FillsExactlyTheArea) {
  Canvas canvas(20, 10);
  canvas.fill(3, 2, 4, 5, {1, 0.5, 0});
  const Picture picture = canvas.picture();
  ASSERT_EQ(picture.width, 20);
  ASSERT_EQ(picture.height, 10);
  for (int y = 0; y < 10; ++y) {
    for (int x = 0; x < 20; ++x) {
      const bool inside = x >= 3 && x < 7 && y >= 2 && y < 7;
      EXPECT_EQ(colour_at(picture, x, y), inside ? (std::array{255, 128, 0}) : (std::array{255, 255, 255}));
    }
  }
}

TEST(Canvas, DrawsSharpLines) {
  Canvas canvas(20, 10);
  canvas.line(0, 4.5, 20, 4.5, {0, 0, 1});
  const Picture picture = canvas.picture();
  EXPECT_EQ(colour_at(picture, 10, 4), (std::array{0, 0, 255}));
  EXPECT_EQ(colour_at(picture, 10, 3), (std::array{255, 255, 255}));
}

TEST(Canvas, PutsTextAtItsAnchor) {
  for (const auto& [anchor, left, right] :
       {std::tuple{Anchor::kLeft, 100, 200}, {Anchor::kCentre, 50, 150}, {Anchor::kRight, 0, 102}}) {
    Canvas canvas(200, 40);
    canvas.text(100, 30, "median", {.size = 14, .anchor = anchor});
    EXPECT_LT(canvas.text_width("median", {.size = 14}), 100);
    const auto [first, last] = drawn_columns(canvas.picture());
    EXPECT_GE(first, left);
    EXPECT_LE(last, right);
    EXPECT_LE(first, last);
  }
}

TEST(Canvas, TurnsTextUpwards) {
  Canvas canvas(60, 200);
  canvas.upward_text(40, 100, "number of clips");
  const auto [first, last] = drawn_columns(canvas.picture());
  EXPECT_LE(first, last);
  EXPECT_LT(last - first, 20);
}

TEST(Canvas, RefusesASizeThatCannotBe) {
  EXPECT_ANY_THROW(Canvas(-1, 10));
}

}  // namespace
}  // namespace understudy
