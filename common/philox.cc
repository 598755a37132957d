#include "common/philox.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <unordered_map>
#include <utility>

namespace understudy {
namespace {

std::pair<std::uint32_t, std::uint32_t> multiply_high_low(std::uint32_t a, std::uint32_t b) {
  const std::uint64_t product = static_cast<std::uint64_t>(a) * b;
  return {static_cast<std::uint32_t>(product >> 32), static_cast<std::uint32_t>(product)};
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const auto [high0, low0] = multiply_high_low(0xD2511F53U, counter[0]);
    const auto [high1, low1] = multiply_high_low(0xCD9E8D57U, counter[2]);
    counter = {high1 ^ counter[1] ^ key[0], low1, high0 ^ counter[3] ^ key[1], low0};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return counter;
}

Draws::Draws(std::uint64_t seed, Purpose purpose, std::uint64_t sample, std::uint16_t sub)
    : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
      counter_{0,
               (static_cast<std::uint32_t>(purpose) << 16) | sub,
               static_cast<std::uint32_t>(sample),
               static_cast<std::uint32_t>(sample >> 32)} {}

std::uint32_t Draws::bits32() {
  if (used_ == 4) {
    block_ = philox4x32(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[used_++];
}

double Draws::uniform() {
  return static_cast<double>(bits32()) * 0x1p-32;
}

double Draws::uniform(double low, double high) {
  return low + (high - low) * uniform();
}

std::uint32_t Draws::below(std::uint32_t bound) {
  const std::uint32_t threshold =
      (0U - bound) % bound;  // 2^32 mod bound: draws whose low half is below it are over-represented
  for (;;) {
    const auto [high, low] = multiply_high_low(bits32(), bound);
    if (low >= threshold) return high;
  }
}

std::uint64_t Draws::below64(std::uint64_t bound) {
  const std::uint64_t threshold = (0U - bound) % bound;  // 2^64 mod bound
  for (;;) {
    const std::uint64_t low = bits32();
    const std::uint64_t number = (std::uint64_t{bits32()} << 32) | low;
    if (number >= threshold) return number % bound;
  }
}

bool Draws::coin(double probability) {
  return uniform() < probability;
}

double Draws::normal() {
  if (std::exchange(has_spare_normal_, false)) return spare_normal_;
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  const double angle = 2.0 * std::numbers::pi * uniform();
  spare_normal_ = radius * std::sin(angle);
  has_spare_normal_ = true;
  return radius * std::cos(angle);
}

std::vector<std::uint32_t> Draws::permutation(std::uint32_t count) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  for (std::uint32_t i = 0; i + 1 < count; ++i) std::swap(order[i], order[i + below(count - i)]);
  return order;
}

std::vector<std::uint32_t> Draws::sample_without_replacement(std::uint32_t count, std::uint32_t chosen) {
  std::unordered_map<std::uint32_t, std::uint32_t> moved;  // entries of the permutation that differ from the identity
  const auto at = [&](std::uint32_t i) {
    const auto found = moved.find(i);
    return found == moved.end() ? i : found->second;
  };
  std::vector<std::uint32_t> picked;
  picked.reserve(chosen);
  for (std::uint32_t i = 0; i < chosen; ++i) {
    const std::uint32_t j = i + below(count - i);
    picked.push_back(at(j));
    moved[j] = at(i);
  }
  return picked;
}

}  // namespace understudy
