// FSRT's training step on a GPU against the same step on the CPU, and at full size.
#include <chrono>
#include <cstdio>
#include <functional>

#include <c10/core/CachingDeviceAllocator.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/initialization.h"
#include "tests/trainer/step_probe.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/adam.h"
#include "trainer/device_transfer.h"
#include "trainer/machine.h"

namespace understudy {
namespace {

constexpr c10::DeviceIndex kFirst = 0;

class FsrtGpu : public testing::TestWithParam<Iteration> {
 protected:
  void SetUp() override {
    if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
    use_deterministic_kernels();
    gpu_ = at::Device(at::kCUDA, kFirst);
  }

  /// Runs `work` and prints its time and the device memory that tensors had at its peak.
  void measure(const std::string& what, const std::function<void()>& work) const {
    torch::cuda::synchronize();
    c10::DeviceAllocator& memory = *c10::getDeviceAllocator(at::kCUDA);
    memory.resetPeakStats(kFirst);
    const auto start = std::chrono::steady_clock::now();
    work();
    torch::cuda::synchronize();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const auto peak = memory.getDeviceStats(kFirst).allocated_bytes[0].peak;
    std::printf("%-44s %8.3f s, peak %8.1f MiB\n", what.c_str(), seconds, static_cast<double>(peak) / 0x1p20);
    std::fflush(stdout);
  }

  at::Device gpu_{at::kCPU};
};

/// The tiny configuration with two discriminator scales: the smaller picture is resized.
FsrtRecipeConfig small_config(Precision precision) {
  FsrtRecipeConfig config = fsrt_config(tiny_settings("fsrt"));
  config.precision = precision;
  config.model.discriminator_scales = {1.0, 0.5};
  return config;
}

std::unique_ptr<FsrtRecipe> recipe_of(const FsrtRecipeConfig& config, std::int64_t samples, at::Device device) {
  RunConfig run;
  run.batch = {.global_batch = samples, .micro_batch = samples, .statistics_group = samples};
  auto vgg = std::make_shared<Vgg19>();
  initialize(*vgg, 1, "vgg19");
  set_trainable(*vgg, false);
  auto recipe = std::make_unique<FsrtRecipe>(config, run, make_fsrt_networks(config, 3, true), vgg);
  recipe->move_to(device);
  return recipe;
}

MicroBatch small_batch(Iteration iteration) {
  at::manual_seed(7);
  return noise_batch(small_config(Precision::kFloat32), 2, iteration);
}

StepProbe probe_on(at::Device device, Precision precision, Iteration iteration) {
  const auto recipe = recipe_of(small_config(precision), 2, device);
  return probe_step(*recipe, moved_to(device, staged_for(device, small_batch(iteration))));
}

void expect_close(const StepProbe& found, const StepProbe& wanted, double term, double gradient) {
  ASSERT_EQ(found.terms.size(), wanted.terms.size());
  for (std::size_t i = 0; i < found.terms.size(); ++i) {
    const auto& [name, value] = wanted.terms[i];
    EXPECT_LE(std::abs(found.terms[i].second - value), term * std::abs(value)) << name;
  }
  ASSERT_EQ(found.gradients.size(), wanted.gradients.size());
  for (std::size_t p = 0; p < found.gradients.size(); ++p) {
    EXPECT_LE(relative_error(found.gradients[p], wanted.gradients[p]), gradient) << "player " << p;
  }
}

TEST_P(FsrtGpu, ComputesTheStepOfACpu) {
  const StepProbe wanted = probe_on(at::kCPU, Precision::kFloat32, GetParam());
  StepProbe found;
  measure(fmt::format("small step at iteration {}", GetParam()),
          [&] { found = probe_on(gpu_, Precision::kFloat32, GetParam()); });
  expect_close(found, wanted, 1e-4, 1e-2);
}

TEST_P(FsrtGpu, StaysNearFloat32InItsFasterPrecisions) {
  const StepProbe wanted = probe_on(gpu_, Precision::kFloat32, GetParam());
  expect_close(probe_on(gpu_, Precision::kTf32, GetParam()), wanted, 1e-2, 1e-1);
  expect_close(probe_on(gpu_, Precision::kBfloat16, GetParam()), wanted, 2e-2, 2e-1);
}

TEST_P(FsrtGpu, GivesTheSameBitsAgain) {
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
    const StepProbe first = probe_on(gpu_, precision, GetParam());
    const StepProbe second = probe_on(gpu_, precision, GetParam());
    EXPECT_EQ(first.terms, second.terms);
    EXPECT_TRUE(first.prediction.equal(second.prediction));
    for (std::size_t p = 0; p < first.gradients.size(); ++p) {
      EXPECT_TRUE(first.gradients[p].equal(second.gradients[p])) << "player " << p;
    }
  }
}

/// One optimiser step of every player.
void train_once(FsrtRecipe& recipe,
                std::vector<Player>& players,
                std::vector<Adam>& optimizers,
                const MicroBatch& batch) {
  for (const Objective& objective : recipe.objectives(batch, {})) objective.compute().loss.backward();
  for (std::size_t p = 0; p < players.size(); ++p) {
    std::vector<at::Tensor> gradients;
    for (auto& [name, parameter] : players[p].parameters) {
      gradients.push_back(parameter.grad());
      parameter.mutable_grad() = at::Tensor();
    }
    optimizers[p].step(gradients, 1e-4);
  }
}

TEST_P(FsrtGpu, TrainsThePublishedSizes) {
  constexpr std::int64_t kSamples = 8;
  for (const Precision precision : {Precision::kFloat32, Precision::kTf32, Precision::kBfloat16}) {
    FsrtRecipeConfig config = fsrt_config(RunSettings::defaults("fsrt"));
    config.precision = precision;
    const auto recipe = recipe_of(config, kSamples, gpu_);
    std::vector<Player> players = recipe->players();
    std::vector<Adam> optimizers;
    for (const Player& player : players) optimizers.emplace_back(player.parameters, player.adam);
    const MicroBatch batch = moved_to(gpu_, noise_batch(config, kSamples, GetParam()));
    for (int step = 0; step < 3; ++step) {
      measure(fmt::format(
                  "vox256, {} samples, precision {}, iteration {}", kSamples, static_cast<int>(precision), GetParam()),
              [&] { train_once(*recipe, players, optimizers, batch); });
    }
    for (const auto& [name, parameter] : players[0].parameters) {
      EXPECT_TRUE(parameter.isfinite().all().item<bool>()) << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Phases, FsrtGpu, testing::Values(kPhase1, kPhase2, kPhase3));

TEST_P(FsrtGpu, KeepsTheTensorsOfPlayersWhenMoved) {
  const auto recipe = recipe_of(small_config(Precision::kFloat32), 2, at::kCPU);
  const auto before = recipe->state();
  recipe->move_to(gpu_);
  const auto after = recipe->state();
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_TRUE(after[i].second.is_same(before[i].second)) << before[i].first;
    EXPECT_EQ(after[i].second.device(), gpu_) << before[i].first;
  }
}

}  // namespace
}  // namespace understudy
