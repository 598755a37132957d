#include "data_pipeline/colour_kernels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "data_pipeline/cpu_dispatch.h"

namespace understudy {
namespace {

constexpr std::size_t kBlock = 512;
static_assert(kBlock <= PlanarPicture::kPadding, "the last block of a plane must fit into its padding");

using Lane = std::int16_t;
using Word = std::uint16_t;

/// Pixels on their way through the steps: bytes in 16-bit lanes. A block stays in the first-level cache, and every loop
/// over it has a fixed length and no branch, so that compilers turn it into vector code.
struct Block {
  alignas(64) std::array<Lane, kBlock> red;
  alignas(64) std::array<Lane, kBlock> green;
  alignas(64) std::array<Lane, kBlock> blue;
};

UNDERSTUDY_INLINE Lane lane(int value) {
  return static_cast<Lane>(value);
}
template <class T>
UNDERSTUDY_INLINE T smaller(T a, T b) {
  return a < b ? a : b;
}
template <class T>
UNDERSTUDY_INLINE T larger(T a, T b) {
  return a > b ? a : b;
}
UNDERSTUDY_INLINE Lane clip(Lane value) {
  return smaller(larger(value, Lane{0}), Lane{255});
}
UNDERSTUDY_INLINE Word low_product(Word a, Word b) {
  return static_cast<Word>(static_cast<std::uint32_t>(a) * static_cast<std::uint32_t>(b));
}
UNDERSTUDY_INLINE Word high_product(Word a, Word b) {
  return static_cast<Word>((static_cast<std::uint32_t>(a) * static_cast<std::uint32_t>(b)) >> 16);
}

/// (19595 R + 38470 G + 7471 B + 32768) / 65536, the weights of ITU-R 601, with each weight cut into two bytes so that
/// everything fits into 16 bits: 19595 = 76 x 256 + 139, and so on.
UNDERSTUDY_INLINE Lane grey_of(Lane red, Lane green, Lane blue) {
  const Word high = static_cast<Word>(76 * red + 150 * green + 29 * blue + 128);
  const Word low = static_cast<Word>(139 * red + 70 * green + 47 * blue);
  return lane(static_cast<Word>(high + (low >> 8)) >> 8);
}

/// The factor of a blend as floor(factor * 2^23), cut into parts whose products with a byte fit into 16 bits. Pillow
/// computes in single precision; both truncate to the same byte unless the product comes very near to a whole number.
struct Factor {
  float value = 1.0F;
  Word high = 0;  ///< bits 16 ... 23
  Word middle = 0;
  Word low = 0;
  bool fixed_point = false;  ///< no difference of two bytes comes that near
};

Factor make_factor(float value) {
  Factor factor{.value = value};
  if (!(value >= 0.0F && value < 1.99F)) return factor;
  const auto fixed = static_cast<std::uint32_t>(static_cast<double>(value) * 0x1p23);
  factor.high = static_cast<Word>(fixed >> 16);
  factor.middle = static_cast<Word>((fixed >> 8) & 255);
  factor.low = static_cast<Word>(fixed & 255);
  // Two roundings in single precision below 512 move the result by 2^-15 at most, and so does cutting the factor off.
  constexpr double kSafe = 0x1p-14;
  factor.fixed_point = true;
  for (int difference = 1; difference < 256; ++difference) {
    const double product = static_cast<double>(value) * difference;
    if (std::abs(product - std::nearbyint(product)) < kSafe) factor.fixed_point = false;
  }
  return factor;
}

/// floor(size * factor) of a byte.
UNDERSTUDY_INLINE Word product_of(Word size, Word high, Word middle, Word low) {
  const Word tail = static_cast<Word>(low_product(size, middle) + (low_product(size, low) >> 8));
  return static_cast<Word>(static_cast<Word>(low_product(size, high) + (tail >> 8)) >> 7);
}

/// clip(a + f (b - a)), truncated, in fixed point. A negative product is rounded down: ~t = -t - 1.
UNDERSTUDY_INLINE Lane blend_fixed(Lane a, Lane b, Word high, Word middle, Word low) {
  const Lane difference = lane(b - a);
  const Lane sign = lane(difference >> 15);
  const Word size = static_cast<Word>((difference ^ sign) - sign);
  const Word product = product_of(size, high, middle, low);
  return clip(lane(a + static_cast<Lane>(product ^ static_cast<Word>(sign))));
}

/// The same in single precision, as Pillow has it.
UNDERSTUDY_INLINE Lane blend_float(Lane a, Lane b, float factor) {
  const float start = static_cast<float>(a);
  const float value = start + factor * (static_cast<float>(b) - start);
  return lane(static_cast<int>(smaller(larger(value, 0.0F), 255.0F)));
}

UNDERSTUDY_INLINE void blend_plane(std::array<Lane, kBlock>& values, Lane with, const Factor& factor) {
  const auto [exact, high, middle, low, fixed_point] = factor;
  if (fixed_point) {
    for (Lane& value : values) value = blend_fixed(with, value, high, middle, low);
  } else {
    for (Lane& value : values) value = blend_float(with, value, exact);
  }
}

UNDERSTUDY_INLINE void blend_all(Block& block, Lane with, const Factor& factor) {
  blend_plane(block.red, with, factor);
  blend_plane(block.green, with, factor);
  blend_plane(block.blue, with, factor);
}

UNDERSTUDY_INLINE void scale_plane(std::array<Lane, kBlock>& values, const Factor& factor) {
  const auto [exact, high, middle, low, fixed_point] = factor;
  for (Lane& value : values) {
    const auto product = static_cast<Lane>(product_of(static_cast<Word>(value), high, middle, low));
    value = smaller(product, Lane{255});
  }
}

UNDERSTUDY_INLINE void brighten(Block& block, const Factor& factor) {
  if (!factor.fixed_point) return blend_all(block, 0, factor);
  scale_plane(block.red, factor);
  scale_plane(block.green, factor);
  scale_plane(block.blue, factor);
}

UNDERSTUDY_INLINE void saturate(Block& block, const Factor& factor) {
  const auto [exact, high, middle, low, fixed_point] = factor;
  alignas(64) std::array<Lane, kBlock> grey;
  for (std::size_t i = 0; i < kBlock; ++i) grey[i] = grey_of(block.red[i], block.green[i], block.blue[i]);
  for (auto* plane : {&block.red, &block.green, &block.blue}) {
    Lane* values = plane->data();
    if (fixed_point) {
      for (std::size_t i = 0; i < kBlock; ++i) values[i] = blend_fixed(grey[i], values[i], high, middle, low);
    } else {
      for (std::size_t i = 0; i < kBlock; ++i) values[i] = blend_float(grey[i], values[i], exact);
    }
  }
}

/// What the hue shift knows of a block of pixels.
struct HueBlock {
  alignas(64) std::array<Lane, kBlock> most;       ///< V of HSV
  alignas(64) std::array<Lane, kBlock> chroma;     ///< largest minus smallest channel
  alignas(64) std::array<Lane, kBlock> to_middle;  ///< largest minus middle channel, with a sign
  alignas(64) std::array<Lane, kBlock> sixth;      ///< the hue is (sixth + to_middle / chroma) / 6 turns
  alignas(64) std::array<Lane, kBlock> hue;
  alignas(64) std::array<Lane, kBlock> saturation;
};

UNDERSTUDY_INLINE void find_sectors(const Block& block, HueBlock& hues) {
  for (std::size_t i = 0; i < kBlock; ++i) {
    const Lane red = block.red[i];
    const Lane green = block.green[i];
    const Lane blue = block.blue[i];
    const Lane most = larger(larger(red, green), blue);
    const Lane least = smaller(smaller(red, green), blue);
    const Lane middle = lane(red + green + blue - most - least);
    Lane side = lane(red - green);
    Lane base = 4;
    side = green == most ? lane(blue - red) : side;
    base = green == most ? Lane{2} : base;
    side = red == most ? lane(green - blue) : side;
    base = red == most ? Lane{0} : base;
    const Lane below = lane(side >> 15);  // 0 or -1
    hues.most[i] = most;
    hues.chroma[i] = lane(most - least);
    hues.to_middle[i] = lane(((middle - most) ^ below) - below);
    hues.sixth[i] = lane(base + (below | 1));
  }
}

/// x / 6 as Pillow's double-precision division followed by rounding gives it for every hue there is: a product with 1/6
/// in two parts, of which the first has 9 bits.
UNDERSTUDY_INLINE float sixth_of(float x) {
  constexpr float kFirst = 0x1.55p-3F;
  constexpr float kRest = static_cast<float>(1.0 / 6.0 - static_cast<double>(kFirst));
  return x * kFirst + x * kRest;
}

/// The chain of roundings on the way to H is Pillow's: its single-precision quotients decide on which side of a whole
/// number H falls.
UNDERSTUDY_INLINE void find_hues(HueBlock& hues, Lane shift) {
  for (std::size_t i = 0; i < kBlock; ++i) {
    const float chroma = static_cast<float>(hues.chroma[i]);
    const float ratio = static_cast<float>(hues.to_middle[i]) / larger(chroma, 1.0F);
    float turn = sixth_of(static_cast<float>(hues.sixth[i]) + ratio);
    turn += static_cast<float>(turn < 0.0F);
    hues.hue[i] = lane((static_cast<int>(turn * 255.0F) + shift) & 255);
    hues.saturation[i] = lane(static_cast<int>(255.0F * chroma / larger(static_cast<float>(hues.most[i]), 1.0F)));
  }
}

/// A channel of a colour given as 8-bit HSV. With x = 6 hue / 255 in sixths of the circle, the channel is
/// V (1 - S max(0, min(k, 4 - k, 1))), k = (n + x) mod 6, n = 5, 3, 1 for red, green, blue; here k is in units of 1/85,
/// so that V - channel = V S weight / 21675 is a quotient of whole numbers, and never half of one. It is estimated with
/// V 65536 / 21675 and corrected by the remainder, which the estimate's error of less than 1.4 keeps within 16 bits.
UNDERSTUDY_INLINE Lane channel_of(Lane offset, Lane twice_hue, Lane saturation, Lane value, Word scaled_value) {
  const Word turned = static_cast<Word>(offset + twice_hue);
  const Lane k = static_cast<Lane>(smaller(turned, static_cast<Word>(turned - 510)));
  const Lane weight = larger(smaller(smaller(k, lane(340 - k)), Lane{85}), Lane{0});
  const Word strength = low_product(static_cast<Word>(saturation), static_cast<Word>(weight));
  const Word estimate = high_product(strength, scaled_value);
  const Lane remainder =
      static_cast<Lane>(low_product(static_cast<Word>(value), strength) - low_product(estimate, Word{21675}));
  return lane(value - static_cast<Lane>(estimate) - (remainder > 10837 ? 1 : 0));
}

UNDERSTUDY_INLINE void shift_hue(Block& block, Lane shift) {
  HueBlock hues;
  find_sectors(block, hues);
  find_hues(hues, shift);
  for (std::size_t i = 0; i < kBlock; ++i) {
    const Lane value = hues.most[i];
    const Lane saturation = hues.saturation[i];
    const Lane twice_hue = lane(2 * hues.hue[i]);
    const Word scaled = static_cast<Word>(3 * value + ((6 * value) >> 8));
    block.red[i] = channel_of(425, twice_hue, saturation, value, scaled);
    block.green[i] = channel_of(255, twice_hue, saturation, value, scaled);
    block.blue[i] = channel_of(85, twice_hue, saturation, value, scaled);
  }
}

UNDERSTUDY_INLINE std::uint64_t grey_of_block(const Block& block) {
  constexpr std::size_t kSums = 32;  // of so few pixels each that 16 bits suffice
  static_assert(kBlock / kSums * 255 <= 65535);
  alignas(64) std::array<Word, kSums> sums{};
  for (std::size_t i = 0; i < kBlock; i += kSums) {
    for (std::size_t j = 0; j < kSums; ++j) {
      const Lane grey = grey_of(block.red[i + j], block.green[i + j], block.blue[i + j]);
      sums[j] = static_cast<Word>(sums[j] + grey);
    }
  }
  return std::accumulate(sums.begin(), sums.end(), std::uint64_t{0});
}

struct PreparedStep {
  ColourOperation operation = ColourOperation::kBrightness;
  Factor factor;
  Lane constant = 0;  ///< grey of contrast, shift of hue
};

UNDERSTUDY_INLINE void take_step(const PreparedStep& step, Block& block) {
  switch (step.operation) {
    case ColourOperation::kBrightness:
      return brighten(block, step.factor);
    case ColourOperation::kContrast:
      return blend_all(block, step.constant, step.factor);
    case ColourOperation::kSaturation:
      return saturate(block, step.factor);
    case ColourOperation::kHue:
      return shift_hue(block, step.constant);
  }
}

UNDERSTUDY_INLINE void load_plane(const std::uint8_t* bytes, std::array<Lane, kBlock>& values) {
  for (std::size_t i = 0; i < kBlock; ++i) values[i] = bytes[i];
}

UNDERSTUDY_INLINE void store_plane(const std::array<Lane, kBlock>& values, std::uint8_t* bytes) {
  for (std::size_t i = 0; i < kBlock; ++i) bytes[i] = static_cast<std::uint8_t>(values[i]);
}

struct Job {
  std::span<const PreparedStep> steps;
  const PlanarPicture& from;
  PlanarPicture* to;  ///< null: nothing is stored
  std::size_t begin;
  std::size_t end;
  bool sum_grey;
};

UNDERSTUDY_INLINE std::uint64_t run_body(const Job& job) {
  Block block;
  std::uint64_t sum = 0;
  for (std::size_t at = job.begin; at < job.end; at += kBlock) {
    load_plane(job.from.plane(0) + at, block.red);
    load_plane(job.from.plane(1) + at, block.green);
    load_plane(job.from.plane(2) + at, block.blue);
    for (const PreparedStep& step : job.steps) take_step(step, block);
    if (job.sum_grey) sum += grey_of_block(block);
    if (job.to == nullptr) continue;
    store_plane(block.red, job.to->plane(0) + at);
    store_plane(block.green, job.to->plane(1) + at);
    store_plane(block.blue, job.to->plane(2) + at);
  }
  return sum;
}

UNDERSTUDY_AVX2 std::uint64_t run_avx2(const Job& job) {
  return run_body(job);
}
std::uint64_t run_default(const Job& job) {
  return run_body(job);
}
std::uint64_t run(const Job& job, CodePath path) {
  return use_avx2(path) ? run_avx2(job) : run_default(job);
}

PreparedStep prepare(const ColourStep& step) {
  if (step.operation == ColourOperation::kHue) {
    return {.operation = step.operation, .factor = {}, .constant = lane(static_cast<int>(step.value))};
  }
  return {
      .operation = step.operation, .factor = make_factor(step.value), .constant = lane(static_cast<int>(step.grey))};
}

}  // namespace

std::uint64_t run_colour_steps(std::span<const ColourStep> steps,
                               const PlanarPicture& from,
                               PlanarPicture& to,
                               std::size_t begin,
                               std::size_t end,
                               bool sum_grey,
                               CodePath path) {
  std::array<PreparedStep, 4> prepared{};
  std::transform(steps.begin(), steps.end(), prepared.begin(), prepare);
  return run({.steps = std::span(prepared).first(steps.size()),
              .from = from,
              .to = &to,
              .begin = begin,
              .end = end,
              .sum_grey = sum_grey},
             path);
}

std::uint64_t sum_of_grey(const PlanarPicture& picture, CodePath path) {
  return run({.steps = {}, .from = picture, .to = nullptr, .begin = 0, .end = picture.pixels(), .sum_grey = true},
             path);
}

}  // namespace understudy
