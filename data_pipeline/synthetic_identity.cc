#include <array>
#include <span>

#include <fmt/format.h>

#include "common/errors.h"
#include "common/philox.h"
#include "data_pipeline/synthetic_head.h"

namespace understudy {
namespace {

constexpr std::array<Colour, 6> kSkins = {{{0.98F, 0.84F, 0.75F},
                                           {0.95F, 0.77F, 0.64F},
                                           {0.87F, 0.66F, 0.50F},
                                           {0.74F, 0.53F, 0.38F},
                                           {0.58F, 0.39F, 0.27F},
                                           {0.42F, 0.28F, 0.20F}}};
constexpr std::array<Colour, 8> kHairs = {{{0.13F, 0.10F, 0.10F},
                                           {0.25F, 0.16F, 0.11F},
                                           {0.42F, 0.26F, 0.15F},
                                           {0.60F, 0.38F, 0.19F},
                                           {0.86F, 0.68F, 0.38F},
                                           {0.68F, 0.26F, 0.12F},
                                           {0.62F, 0.61F, 0.62F},
                                           {0.32F, 0.13F, 0.18F}}};
constexpr std::array<Colour, 5> kIrises = {{{0.34F, 0.21F, 0.12F},
                                            {0.24F, 0.47F, 0.68F},
                                            {0.33F, 0.54F, 0.32F},
                                            {0.50F, 0.40F, 0.20F},
                                            {0.42F, 0.50F, 0.56F}}};
constexpr std::array<Colour, 9> kClothes = {{{0.20F, 0.32F, 0.56F},
                                             {0.77F, 0.26F, 0.24F},
                                             {0.20F, 0.50F, 0.42F},
                                             {0.93F, 0.72F, 0.26F},
                                             {0.42F, 0.30F, 0.55F},
                                             {0.90F, 0.90F, 0.88F},
                                             {0.22F, 0.23F, 0.27F},
                                             {0.88F, 0.50F, 0.36F},
                                             {0.42F, 0.64F, 0.80F}}};
constexpr std::array<Colour, 8> kBackgrounds = {{{0.55F, 0.75F, 0.86F},
                                                 {0.95F, 0.80F, 0.62F},
                                                 {0.68F, 0.83F, 0.70F},
                                                 {0.84F, 0.70F, 0.84F},
                                                 {0.96F, 0.66F, 0.58F},
                                                 {0.46F, 0.56F, 0.70F},
                                                 {0.90F, 0.87F, 0.76F},
                                                 {0.36F, 0.60F, 0.60F}}};

/// One draw after the other for the parameters of a person.
class PersonDraws {
 public:
  PersonDraws(std::uint64_t seed, std::uint64_t number) : draws_(seed, Purpose::kSyntheticIdentity, number) {}

  float between(double low, double high) { return static_cast<float>(draws_.uniform(low, high)); }
  /// `probability` of a value between low and high, else 0.
  float sometimes(double probability, double low, double high) {
    const bool chosen = draws_.coin(probability);
    const float value = between(low, high);
    return chosen ? value : 0.0F;
  }
  Colour near_one_of(std::span<const Colour> palette, double spread) {
    const Colour& base = palette[draws_.below(static_cast<std::uint32_t>(palette.size()))];
    const double lightness = draws_.uniform(-spread, spread);
    const auto vary = [&](float channel) {
      const double value = static_cast<double>(channel) + lightness + draws_.uniform(-0.4 * spread, 0.4 * spread);
      return static_cast<float>(value < 0.03 ? 0.03 : value > 1.0 ? 1.0 : value);
    };
    return {vary(base.red), vary(base.green), vary(base.blue)};
  }

 private:
  Draws draws_;
};

/// Calls `visit` for every parameter in the order of the struct, which is the order on disk.
template <class Identity, class Visit>
void visit_identity(Identity& p, const Visit& visit) {
  for (auto* colour : {&p.skin, &p.hair, &p.iris, &p.clothes, &p.background_top, &p.background_bottom}) {
    visit(colour->red);
    visit(colour->green);
    visit(colour->blue);
  }
  for (auto* value : {&p.head_width,
                      &p.head_height,
                      &p.jaw,
                      &p.hair_length,
                      &p.hair_volume,
                      &p.fringe,
                      &p.parting,
                      &p.eye_size,
                      &p.eye_distance,
                      &p.brow_thickness,
                      &p.nose_size,
                      &p.mouth_width,
                      &p.lip_thickness,
                      &p.lip_redness,
                      &p.beard,
                      &p.glasses,
                      &p.freckles}) {
    visit(*value);
  }
}

template <class Expression, class Visit>
void visit_expression(Expression& e, const Visit& visit) {
  for (auto* value :
       {&e.mouth_open, &e.smile, &e.brow_raise, &e.eye_open, &e.gaze_x, &e.gaze_y, &e.shift_x, &e.shift_y}) {
    visit(*value);
  }
}

/// Takes the values of a vector one by one.
class Reader {
 public:
  Reader(const std::vector<float>& values, const char* what) : values_(values), what_(what) {}
  void operator()(float& target) const {
    if (next_ < values_.size()) target = values_[next_];
    ++next_;
  }
  void finish() const {
    if (next_ == values_.size()) return;
    throw DataError(fmt::format("{} of a synthetic head has {} values, not {}; the set was drawn by another version",
                                what_,
                                next_,
                                values_.size()));
  }

 private:
  const std::vector<float>& values_;
  const char* what_;
  mutable std::size_t next_ = 0;
};

}  // namespace

IdentityParameters draw_identity(std::uint64_t seed, std::uint64_t number) {
  PersonDraws draws(seed, number);
  IdentityParameters person;
  person.skin = draws.near_one_of(kSkins, 0.03);
  person.hair = draws.near_one_of(kHairs, 0.04);
  person.iris = draws.near_one_of(kIrises, 0.05);
  person.clothes = draws.near_one_of(kClothes, 0.06);
  person.background_top = draws.near_one_of(kBackgrounds, 0.06);
  person.background_bottom = draws.near_one_of(kBackgrounds, 0.06);
  person.head_width = draws.between(0.375, 0.445);
  person.head_height = draws.between(0.49, 0.55);
  person.jaw = draws.between(-1.0, 1.0);
  person.hair_length = draws.between(0.0, 1.0);
  person.hair_volume = draws.between(0.0, 1.0);
  person.fringe = draws.between(0.0, 1.0);
  person.parting = draws.between(-1.0, 1.0);
  person.eye_size = draws.between(0.88, 1.16);
  person.eye_distance = draws.between(0.93, 1.08);
  person.brow_thickness = draws.between(0.6, 1.4);
  person.nose_size = draws.between(0.75, 1.25);
  person.mouth_width = draws.between(0.85, 1.15);
  person.lip_thickness = draws.between(0.7, 1.4);
  person.lip_redness = draws.between(0.0, 1.0);
  person.beard = draws.sometimes(0.22, 0.5, 1.0);
  person.glasses = draws.sometimes(0.25, 1.0, 1.0);
  person.freckles = draws.sometimes(0.25, 0.5, 1.0);
  return person;
}

std::vector<float> to_vector(const IdentityParameters& identity) {
  std::vector<float> values;
  visit_identity(identity, [&values](float value) { values.push_back(value); });
  return values;
}

std::vector<float> to_vector(const ExpressionParameters& expression) {
  std::vector<float> values;
  visit_expression(expression, [&values](float value) { values.push_back(value); });
  return values;
}

IdentityParameters identity_from_vector(const std::vector<float>& values) {
  IdentityParameters identity;
  const Reader reader(values, "identity");
  visit_identity(identity, reader);
  reader.finish();
  return identity;
}

ExpressionParameters expression_from_vector(const std::vector<float>& values) {
  ExpressionParameters expression;
  const Reader reader(values, "expression");
  visit_expression(expression, reader);
  reader.finish();
  return expression;
}

}  // namespace understudy
