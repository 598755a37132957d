#include "trainer/precision.h"

#include <cstdio>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/blocks/initialization.h"
#include "tests/trainer/step_probe.h"
#include "tests/trainer/tiny_run.h"

namespace understudy {
namespace {

/// VGG-19 with random weights, made once: its numbers are most of the time of a small step.
std::shared_ptr<Vgg19> random_vgg(Precision precision) {
  static const auto single = [] {
    auto vgg = std::make_shared<Vgg19>();
    initialize(*vgg, 1, "vgg19");
    set_trainable(*vgg, false);
    return vgg;
  }();
  if (precision != Precision::kFloat64) return single;
  auto twice = std::make_shared<Vgg19>();
  load_state(*twice, state_of(*single), "VGG-19");
  set_trainable(*twice, false);
  convert_precision(*twice, at::kDouble);
  return twice;
}

std::unique_ptr<FsrtRecipe> recipe_in(Precision precision) {
  FsrtRecipeConfig config = fsrt_config(tiny_settings("fsrt"));
  config.precision = precision;
  RunConfig run;
  run.batch = {.global_batch = 2, .micro_batch = 2, .statistics_group = 2};
  auto recipe = std::make_unique<FsrtRecipe>(config, run, make_fsrt_networks(config, 3, true), random_vgg(precision));
  recipe->move_to(at::kCPU);
  return recipe;
}

StepProbe probe(Precision precision, Iteration iteration) {
  at::set_num_threads(1);
  at::manual_seed(7);
  return probe_step(*recipe_in(precision), noise_batch(fsrt_config(tiny_settings("fsrt")), 2, iteration));
}

struct Tolerance {
  double term;
  double prediction;
  double gradient;
};

/// Also prints how near they are.
void expect_close(const char* what, const StepProbe& found, const StepProbe& wanted, const Tolerance& tolerance) {
  ASSERT_EQ(found.terms.size(), wanted.terms.size());
  double worst = 0;
  for (std::size_t i = 0; i < found.terms.size(); ++i) {
    const auto& [name, value] = wanted.terms[i];
    EXPECT_EQ(found.terms[i].first, name);
    EXPECT_LE(std::abs(found.terms[i].second - value), tolerance.term * std::abs(value)) << name;
    if (value != 0) worst = std::max(worst, std::abs(found.terms[i].second / value - 1));
  }
  const double prediction = relative_error(found.prediction, wanted.prediction);
  EXPECT_LE(prediction, tolerance.prediction);
  std::printf("%-9s terms %.1e, prediction %.1e, gradients", what, worst, prediction);
  ASSERT_EQ(found.gradients.size(), wanted.gradients.size());
  for (std::size_t p = 0; p < found.gradients.size(); ++p) {
    const double gradient = relative_error(found.gradients[p], wanted.gradients[p]);
    EXPECT_LE(gradient, tolerance.gradient) << "player " << p;
    std::printf(" %.1e", gradient);
  }
  std::printf("\n");
}

class PrecisionInPhase : public testing::TestWithParam<Iteration> {};

TEST_P(PrecisionInPhase, IsNearFloat32) {
  const StepProbe single = probe(Precision::kFloat32, GetParam());
  expect_close("tf32", probe(Precision::kTf32, GetParam()), single, {0, 0, 0});
  expect_close("float64", probe(Precision::kFloat64, GetParam()), single, {1e-5, 1e-6, 1e-5});
  const StepProbe half = probe(Precision::kBfloat16, GetParam());
  expect_close("bfloat16", half, single, {2e-3, 1e-2, 5e-2});
  EXPECT_EQ(half.without_gradient, single.without_gradient);
  EXPECT_EQ(half.prediction_type, at::kFloat);
}

INSTANTIATE_TEST_SUITE_P(Fsrt, PrecisionInPhase, testing::Values(kPhase1, kPhase2, kPhase3));

TEST(Precision, UsesBfloat16OnlyWhenAsked) {
  const StepProbe single = probe(Precision::kFloat32, kPhase1);
  const StepProbe half = probe(Precision::kBfloat16, kPhase1);
  EXPECT_GT(relative_error(half.prediction, single.prediction), 1e-4);
}

TEST(Precision, DecidesAboutTf32OnGpus) {
  const at::Context& context = at::globalContext();
  for (const Precision precision : {Precision::kTf32, Precision::kFloat32, Precision::kBfloat16, Precision::kFloat64}) {
    settle_float32_products(precision, at::kCUDA);
    EXPECT_EQ(context.allowTF32CuBLAS(), precision == Precision::kTf32);
    EXPECT_EQ(context.allowTF32CuDNN(), precision == Precision::kTf32);
  }
}

TEST(Precision, ComputesThePlainArithmeticInBfloat16) {
  FsrtRecipeConfig config = fsrt_config(tiny_settings("fsrt"));
  config.model.plain_arithmetic = true;
  RunConfig run;
  run.batch = {.global_batch = 2, .micro_batch = 2, .statistics_group = 2};
  at::manual_seed(7);
  const MicroBatch batch = noise_batch(config, 2, kPhase2);
  const auto step = [&](Precision precision) {
    config.precision = precision;
    FsrtRecipe recipe(config, run, make_fsrt_networks(config, 3, true), random_vgg(precision));
    return probe_step(recipe, batch);
  };
  expect_close("bfloat16", step(Precision::kBfloat16), step(Precision::kFloat32), {2e-3, 1e-2, 5e-2});
}

TEST(FsrtRecipe, KeepsItsTensorsWhenMoved) {
  const auto recipe = recipe_in(Precision::kFloat32);
  const auto before = recipe->state();
  recipe->move_to(at::kCPU);
  const auto after = recipe->state();
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_TRUE(after[i].second.is_same(before[i].second)) << before[i].first;
  }
}

}  // namespace
}  // namespace understudy
