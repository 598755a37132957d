#include "data_pipeline/colour_tables.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "data_pipeline/portable_math.h"

namespace understudy {
namespace {

constexpr int kHues = 180;  // values of the colour circle
constexpr int kShift = 12;  // fractional bits of quotients

template <class Function>
ByteTable table_of(Function function) {
  ByteTable table{};
  for (std::size_t i = 0; i < 256; ++i) {
    table[i] = static_cast<std::uint8_t>(std::clamp(function(static_cast<float>(i)), 0.0F, 255.0F));
  }
  return table;
}

/// Quotients numerator / i with kShift fractional bits; 0 for 0.
std::array<int, 256> quotients(double numerator) {
  std::array<int, 256> table{};
  for (std::size_t i = 1; i < 256; ++i) {
    table[i] = static_cast<int>(std::lrint(numerator * (1 << kShift) / static_cast<double>(i)));
  }
  return table;
}

int scaled(int value, int quotient) {
  return (value * quotient + (1 << (kShift - 1))) >> kShift;
}

struct Hsv {
  int hue;
  int saturation;
  int value;
};

Hsv to_hsv(int red, int green, int blue) {
  static const std::array<int, 256> kSaturation = quotients(255.0);
  static const std::array<int, 256> kHue = quotients(kHues / 6.0);
  const int most = std::max({red, green, blue});
  const int range = most - std::min({red, green, blue});
  const int sixths = most == red ? green - blue : most == green ? blue - red + 2 * range : red - green + 4 * range;
  const int hue = scaled(sixths, kHue[static_cast<std::size_t>(range)]);
  return {hue < 0 ? hue + kHues : hue, scaled(range, kSaturation[static_cast<std::size_t>(most)]), most};
}

std::uint8_t to_byte(float unit) {
  return static_cast<std::uint8_t>(unit * 255.0F);
}

void from_hsv(const Hsv& colour, std::uint8_t* rgb) {
  const float sixths = static_cast<float>(colour.hue) * (6.0F / kHues);
  const int sector = static_cast<int>(sixths);
  const float beyond = sixths - static_cast<float>(sector);
  const float saturation = static_cast<float>(colour.saturation) * (1.0F / 255.0F);
  const float value = static_cast<float>(colour.value) * (1.0F / 255.0F);
  const std::uint8_t most = to_byte(value);
  const std::uint8_t least = to_byte(value * (1.0F - saturation));
  const std::uint8_t falling = to_byte(value * (1.0F - saturation * beyond));
  const std::uint8_t rising = to_byte(value * (1.0F - saturation * (1.0F - beyond)));
  constexpr std::array<std::array<std::uint8_t, 3>, 6> kPlaces = {
      {{0, 3, 1}, {2, 0, 1}, {1, 0, 3}, {1, 2, 0}, {3, 1, 0}, {0, 1, 2}}};
  const std::array<std::uint8_t, 4> levels = {most, least, falling, rising};
  const auto& places = kPlaces[static_cast<std::size_t>(sector % 6)];
  for (std::size_t c = 0; c < 3; ++c) rgb[c] = levels[places[c]];
}

}  // namespace

ByteTable addition_table(int value) {
  return table_of([value](float x) { return x + static_cast<float>(value); });
}

ByteTable multiplication_table(float factor) {
  return table_of([factor](float x) { return x * factor; });
}

ByteTable linear_contrast_table(float factor) {
  return table_of([factor](float x) { return 127.0F + factor * (x - 127.0F); });
}

ByteTable sigmoid_contrast_table(double gain) {
  return table_of([gain](float x) {
    return static_cast<float>(255.0 / (1.0 + portable_exp(gain * (0.5 - static_cast<double>(x) / 255.0))));
  });
}

void apply_tables(const std::array<ByteTable, 3>& tables, Picture& picture) {
  std::uint8_t* value = picture.rgb.data();
  for (std::size_t i = 0; i < picture.rgb.size(); i += 3) {
    for (std::size_t c = 0; c < 3; ++c) value[i + c] = tables[c][value[i + c]];
  }
}

void add_to_saturation(int value, Picture& picture) {
  std::uint8_t* rgb = picture.rgb.data();
  for (std::size_t i = 0; i < picture.rgb.size(); i += 3, rgb += 3) {
    Hsv colour = to_hsv(rgb[0], rgb[1], rgb[2]);
    colour.saturation = std::clamp(colour.saturation + value, 0, 255);
    from_hsv(colour, rgb);
  }
}

}  // namespace understudy
