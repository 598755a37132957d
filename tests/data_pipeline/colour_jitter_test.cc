#include "data_pipeline/colour_jitter.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "tests/data_pipeline/fsrt_golden.h"

namespace understudy {
namespace {

using enum ColourOperation;

std::uint8_t as_byte(double value) {
  return static_cast<std::uint8_t>(static_cast<int>(value));
}

/// Pillow's operations, one pixel at a time and with its mixture of single and double precision.
namespace slow {

int grey(const std::uint8_t* p) {
  return (19595 * p[0] + 38470 * p[1] + 7471 * p[2] + 32768) >> 16;
}

std::uint8_t blend(int a, int b, float factor) {
  const float value = static_cast<float>(a) + factor * static_cast<float>(b - a);
  return value <= 0.0F ? std::uint8_t{0} : value >= 255.0F ? std::uint8_t{255} : static_cast<std::uint8_t>(value);
}

std::array<std::uint8_t, 3> to_hsv(const std::uint8_t* p) {
  const int most = std::max({p[0], p[1], p[2]});
  const int least = std::min({p[0], p[1], p[2]});
  if (most == least) return {0, 0, static_cast<std::uint8_t>(most)};
  const auto chroma = static_cast<float>(most - least);
  const float r = static_cast<float>(most - p[0]) / chroma;
  const float g = static_cast<float>(most - p[1]) / chroma;
  const float b = static_cast<float>(most - p[2]) / chroma;
  float sixths = 0.0F;
  if (p[0] == most) {
    sixths = b - g;
  } else if (p[1] == most) {
    sixths = static_cast<float>(2.0 + static_cast<double>(r) - static_cast<double>(b));
  } else {
    sixths = static_cast<float>(4.0 + static_cast<double>(g) - static_cast<double>(r));
  }
  const auto turn = static_cast<float>(std::fmod(static_cast<double>(sixths) / 6.0 + 1.0, 1.0));
  const float saturation = chroma / static_cast<float>(most);
  return {as_byte(static_cast<double>(turn) * 255.0),
          as_byte(static_cast<double>(saturation) * 255.0),
          static_cast<std::uint8_t>(most)};
}

void from_hsv(const std::array<std::uint8_t, 3>& hsv, std::uint8_t* out) {
  const double v = hsv[2];
  const double turn = static_cast<double>(static_cast<float>(hsv[0])) * 6.0 / 255.0;
  const int sector = static_cast<int>(std::floor(turn));
  const auto f = static_cast<double>(static_cast<float>(turn - sector));
  const auto s = static_cast<double>(static_cast<float>(hsv[1] / 255.0));
  const std::uint8_t p = as_byte(std::round(v * (1.0 - s)));
  const std::uint8_t q = as_byte(std::round(v * (1.0 - s * f)));
  const std::uint8_t t = as_byte(std::round(v * (1.0 - s * (1.0 - f))));
  const std::uint8_t w = hsv[2];
  const std::uint8_t table[6][3] = {{w, t, p}, {q, w, p}, {p, w, t}, {p, q, w}, {t, p, w}, {w, p, q}};
  std::copy_n(table[sector % 6], 3, out);
}

void apply(ColourOperation operation, const ColourJitter& jitter, Picture& picture) {
  std::uint64_t sum = 0;
  const std::size_t pixels = picture.rgb.size() / 3;
  for (std::size_t i = 0; i < pixels; ++i) sum += static_cast<std::uint64_t>(grey(&picture.rgb[3 * i]));
  const int mean = static_cast<int>(static_cast<double>(sum) / static_cast<double>(pixels) + 0.5);
  for (std::size_t i = 0; i < pixels; ++i) {
    std::uint8_t* p = &picture.rgb[3 * i];
    const int own_grey = grey(p);
    if (operation == kHue) {
      auto hsv = to_hsv(p);
      hsv[0] = static_cast<std::uint8_t>(hsv[0] + static_cast<int>(jitter.hue * 255.0));
      from_hsv(hsv, p);
      continue;
    }
    for (int c = 0; c < 3; ++c) {
      if (operation == kBrightness) p[c] = blend(0, p[c], jitter.brightness);
      if (operation == kContrast) p[c] = blend(mean, p[c], jitter.contrast);
      if (operation == kSaturation) p[c] = blend(own_grey, p[c], jitter.saturation);
    }
  }
}

Picture apply_all(const ColourJitter& jitter, Picture picture) {
  for (int i = 0; i < jitter.operations; ++i) apply(jitter.order[static_cast<std::size_t>(i)], jitter, picture);
  return picture;
}

}  // namespace slow

Picture fast(const ColourJitter& jitter, const Picture& picture) {
  PlanarPicture planar;
  PlanarPicture result;
  to_planar(picture, false, planar);
  apply_colour_jitter(jitter, planar, planar.frame(), result);
  return to_picture(result);
}

ColourJitter only(ColourOperation operation, double value) {
  const auto factor = static_cast<float>(value);
  return {factor, factor, factor, value, {operation}, 1};
}

Picture random_picture(int width, int height, std::uint64_t number) {
  Draws draws(5, Purpose::kTest, number);
  Picture picture(width, height);
  for (std::uint8_t& byte : picture.rgb) byte = static_cast<std::uint8_t>(draws.below(256));
  return picture;
}

/// All colours with one red value.
Picture colour_slice(int red) {
  Picture picture(256, 256);
  for (int y = 0; y < 256; ++y) {
    for (int x = 0; x < 256; ++x) {
      picture.pixel(x, y)[0] = static_cast<std::uint8_t>(red);
      picture.pixel(x, y)[1] = static_cast<std::uint8_t>(y);
      picture.pixel(x, y)[2] = static_cast<std::uint8_t>(x);
    }
  }
  return picture;
}

struct Golden {
  ColourJitter jitter;
  std::array<int, 12> pixels;
  std::int64_t sum;
  std::int64_t check;
};

TEST(ColourJitter, ReproducesPillowsBytesOfTheGoldenFrame) {
  const std::vector<Golden> goldens = {
      {{}, {0, 30, 60, 40, 90, 140, 94, 18, 198, 125, 218, 55}, 0, 0},
      {only(kBrightness, 1.07), {0, 32, 64, 42, 96, 149, 100, 19, 211, 133, 233, 58}, 37279270, 4657262708},
      {only(kContrast, 0.94), {7, 35, 64, 45, 92, 139, 95, 24, 193, 125, 212, 59}, 34976647, 4369682458},
      {only(kSaturation, 1.05), {0, 30, 61, 37, 90, 142, 95, 15, 204, 122, 220, 49}, 34990216, 4371217781},
      {only(kHue, -0.06), {0, 52, 60, 40, 127, 140, 27, 19, 198, 186, 218, 56}, 36080236, 4507694726},
      {only(kHue, 0.083), {0, 1, 60, 40, 42, 140, 179, 19, 198, 56, 218, 63}, 34073262, 4257061948},
  };
  constexpr std::array<std::array<int, 2>, 4> kPlaces = {{{0, 0}, {10, 20}, {100, 150}, {287, 319}}};
  for (const Golden& golden : goldens) {
    const Picture result = fast(golden.jitter, golden::frame(0));
    for (std::size_t p = 0; p < kPlaces.size(); ++p) {
      for (std::size_t c = 0; c < 3; ++c) {
        EXPECT_EQ(result.pixel(kPlaces[p][1], kPlaces[p][0])[c], golden.pixels[3 * p + c]);
      }
    }
    if (golden.jitter.operations == 0) continue;
    std::int64_t sum = 0;
    std::int64_t check = 0;
    for (std::size_t k = 0; k < result.rgb.size(); ++k) {
      sum += result.rgb[k];
      check += result.rgb[k] * static_cast<std::int64_t>(k % 251);
    }
    EXPECT_EQ(sum, golden.sum);
    EXPECT_EQ(check, golden.check);
  }
}

TEST(ColourJitter, ShiftsTheHueOfAllColoursByPillowsBytes) {
  for (int red = 0; red < 256; ++red) {
    const ColourJitter jitter = only(kHue, red % 3 == 0 ? 0.0 : (red % 51 - 25) / 255.0);
    const Picture picture = colour_slice(red);
    ASSERT_EQ(fast(jitter, picture).rgb, slow::apply_all(jitter, picture).rgb) << "red " << red;
  }
}

TEST(ColourJitter, GivesPillowsBytesForEveryByteAndManyFactors) {
  const Picture picture = colour_slice(77);
  Draws draws(1, Purpose::kTest, 0);
  for (int i = 0; i < 60; ++i) {
    // The first factors are such that products fall on whole numbers, where truncation depends on the last bit.
    const double factor = i < 20 ? 0.9 + 0.01 * i : i < 24 ? 0.5 * (i - 20) : draws.uniform(0.0, 2.2);
    for (const ColourOperation operation : {kBrightness, kContrast, kSaturation}) {
      const ColourJitter jitter = only(operation, factor);
      ASSERT_EQ(fast(jitter, picture).rgb, slow::apply_all(jitter, picture).rgb) << "factor " << factor;
    }
  }
}

TEST(ColourJitter, GivesPillowsBytesInEveryOrderOfOperations) {
  std::array<ColourOperation, 4> order = {kBrightness, kSaturation, kHue, kContrast};
  Draws draws(2, Purpose::kTest, 0);
  std::uint64_t number = 0;
  do {
    ColourJitter jitter = draw_colour_jitter({}, draws);
    jitter.order = order;
    const Picture picture = random_picture(61, 37, number++);
    ASSERT_EQ(fast(jitter, picture).rgb, slow::apply_all(jitter, picture).rgb) << "order " << number;
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(number, 24U);
}

TEST(ColourJitter, TakesTheMeanOfTheWholePictureWhenSomeRowsAreWanted) {
  const Picture picture = random_picture(90, 70, 3);
  ColourJitter jitter{1.03F, 0.92F, 1.06F, 0.05, {kSaturation, kContrast, kHue, kBrightness}, 4};
  PlanarPicture planar;
  PlanarPicture result;
  to_planar(picture, false, planar);
  apply_colour_jitter(jitter, planar, {10, 20, 30, 40}, result);
  const Picture whole = slow::apply_all(jitter, picture);
  const Picture part = to_picture(result);
  EXPECT_TRUE(std::equal(part.pixel(0, 20), part.pixel(0, 60), whole.pixel(0, 20)));
}

TEST(ColourJitter, DrawsWithinItsStrengthsAndLeavesOperationsOfNoStrengthOut) {
  Draws draws(3, Purpose::kColour, 0);
  FsrtDataConfig config;
  config.jitter_hue = 0.0;
  std::array<int, 4> first{};
  for (int i = 0; i < 3000; ++i) {
    const ColourJitter jitter = draw_colour_jitter(config, draws);
    ASSERT_EQ(jitter.operations, 3);
    ASSERT_TRUE(jitter.brightness >= 0.9F && jitter.brightness <= 1.1F);
    ++first[static_cast<std::size_t>(jitter.order[0])];
  }
  EXPECT_EQ(first[static_cast<std::size_t>(kHue)], 0);
  for (const ColourOperation operation : {kBrightness, kSaturation, kContrast}) {
    EXPECT_NEAR(first[static_cast<std::size_t>(operation)], 1000, 120);
  }
}

}  // namespace
}  // namespace understudy
