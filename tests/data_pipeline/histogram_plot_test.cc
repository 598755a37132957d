#include "data_pipeline/statistics/histogram_plot.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

/// Height in pixels of the bar that crosses each column, by its colour.
std::vector<int> bar_heights(const Picture& picture) {
  std::vector<int> heights;
  for (int x = 0; x < picture.width; ++x) {
    int height = 0;
    for (int y = 0; y < picture.height; ++y) {
      const std::uint8_t* pixel = picture.pixel(x, y);
      height += pixel[2] > 150 && pixel[0] < 100 ? 1 : 0;
    }
    heights.push_back(height);
  }
  return heights;
}

/// Heights of the bars from left to right; columns between bars are blank.
std::vector<int> bars(const Picture& picture) {
  std::vector<int> found;
  int before = 0;
  for (const int height : bar_heights(picture)) {
    if (height > 0 && before == 0) found.push_back(height);
    if (height > 0) found.back() = std::max(found.back(), height);
    before = height;
  }
  return found;
}

Distribution distribution(std::initializer_list<std::pair<int, int>> values) {
  Distribution result{"key", "Frames per clip", "frames", "clips", {}};
  for (const auto& [value, times] : values) {
    result.values.add(static_cast<std::uint64_t>(value), static_cast<std::uint64_t>(times));
  }
  return result;
}

TEST(HistogramPlot, DrawsBarsInProportion) {
  const std::vector<int> found = bars(histogram_plot(distribution({{3, 10}, {4, 40}, {6, 20}})));
  ASSERT_EQ(found.size(), 3U);
  EXPECT_NEAR(found[1], 4.0 * found[0], 3);
  EXPECT_NEAR(found[1], 2.0 * found[2], 3);
}

TEST(HistogramPlot, ShowsEvenTheSmallestBar) {
  const std::vector<int> found = bars(histogram_plot(distribution({{3, 1}, {9, 100000}})));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_GE(found[0], 1);
}

TEST(HistogramPlot, LeavesRoomAroundASingleValue) {
  const Picture picture = histogram_plot(distribution({{256, 7}}));
  const std::vector<int> heights = bar_heights(picture);
  const auto covered = std::count_if(heights.begin(), heights.end(), [](int height) { return height > 0; });
  EXPECT_GT(covered, picture.width / 10);
  EXPECT_LT(covered, picture.width / 3);
}

TEST(HistogramPlot, ClipsNothingAtTheEdges) {
  for (const auto& values : {distribution({{0, 1}, {1'999'999'999, 3'000'000}}), distribution({{0, 5}})}) {
    const Picture picture = histogram_plot(values);
    for (int y = 0; y < picture.height; ++y) {
      for (const int x : {0, 1, picture.width - 2, picture.width - 1}) EXPECT_EQ(picture.pixel(x, y)[1], 255);
    }
    for (int x = 0; x < picture.width; ++x) {
      for (const int y : {0, 1, picture.height - 2, picture.height - 1}) EXPECT_EQ(picture.pixel(x, y)[1], 255);
    }
  }
}

}  // namespace
}  // namespace understudy
