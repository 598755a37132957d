// The estimates of a pass's memory against the bytes of tensors that a real step has at its peak.
#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <unordered_map>

#include <c10/core/CPUAllocator.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "clusters/communicator.h"
#include "tests/trainer/noise_batch.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/recipes/fsrt/fsrt_memory.h"
#include "trainer/recipes/keypoints/keypoints_recipe.h"
#include "trainer/recipes/latent_pose/latent_pose_memory.h"
#include "trainer/recipes/latent_pose/latent_pose_recipe.h"
#include "trainer/step_engine.h"

namespace understudy {
namespace {

/// Counts the bytes of all tensors of this process; it stays until the end, because tensors may.
class TensorMeter final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    void* address = std::aligned_alloc(kAlignment, (bytes / kAlignment + 1) * kAlignment);
    if (address == nullptr) throw std::bad_alloc();
    const std::lock_guard lock(mutex_);
    sizes_[address] = bytes;
    now_ += bytes;
    peak_ = std::max(peak_, now_);
    return {address, address, &release, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override { default_copy_data(to, from, bytes); }

  /// Highest number of bytes above the present one while `work` runs.
  std::int64_t peak_of(const std::function<void()>& work) {
    const std::size_t before = now_;
    peak_ = now_;
    work();
    return static_cast<std::int64_t>(peak_ - before);
  }

  static TensorMeter& instance() {
    static auto* meter = new TensorMeter();
    return *meter;
  }

 private:
  static constexpr std::size_t kAlignment = 64;

  static void release(void* address) {
    TensorMeter& meter = instance();
    {
      const std::lock_guard lock(meter.mutex_);
      const auto known = meter.sizes_.find(address);
      if (known != meter.sizes_.end()) {
        meter.now_ -= known->second;
        meter.sizes_.erase(known);
      }
    }
    std::free(address);
  }

  std::mutex mutex_;
  std::unordered_map<void*, std::size_t> sizes_;
  std::size_t now_ = 0;
  std::size_t peak_ = 0;
};

/// Peak of a step on one micro-batch beyond what lasts from step to step and beyond the batch itself.
std::int64_t peak_of_step(Recipe& recipe, const RunConfig& run, const MicroBatch& batch) {
  const auto alone = single_rank();
  Heartbeat heartbeat;
  StepEngine engine(recipe, run, *alone, heartbeat);
  return TensorMeter::instance().peak_of([&] { engine.run(batch.iteration, {batch}, {}); });
}

/// Estimated over measured.
double ratio(const FsrtRecipeConfig& config, std::int64_t samples, Iteration iteration) {
  RunConfig run;
  run.batch = {.global_batch = samples, .micro_batch = samples, .statistics_group = samples};
  FsrtRecipe recipe(config, run, make_fsrt_networks(config, 1, true), std::make_shared<Vgg19>());
  const std::int64_t measured = peak_of_step(recipe, run, noise_batch(config, samples, iteration));
  const std::int64_t estimated = fsrt_training_bytes(config, samples, iteration);
  std::printf("%2ld samples, iteration %6ld: estimated %6.1f MiB, measured %6.1f MiB\n",
              samples,
              iteration,
              static_cast<double>(estimated) / 0x1p20,
              static_cast<double>(measured) / 0x1p20);
  return static_cast<double>(estimated) / static_cast<double>(measured);
}

/// Small enough for a second, large enough that activations and not VGG-19's weights decide.
FsrtRecipeConfig small_config() {
  FsrtRecipeConfig config = fsrt_config(tiny_settings("fsrt"));
  FsrtModelConfig& m = config.model;
  m.image_size = 64;
  m.encoder_width = 16;
  m.encoder_hidden = 192;
  m.encoder_heads = 4;
  m.head_width = 32;
  m.query_hidden = 128;
  m.decoder_blocks = 2;
  m.decoder_heads = 4;
  m.decoder_hidden = 256;
  m.render_widths = {192, 192};
  m.detector_scale = 0.5;
  config.data.query_pixels_phase1 = 192;
  config.data.query_pixels = 1024;
  return config;
}

auto about_one() {
  return testing::AllOf(testing::Gt(0.8), testing::Lt(1.2));
}

TEST(FsrtMemory, IsAsEstimatedInEveryPhase) {
  for (const Iteration iteration : {kPhase1, kPhase2, kPhase3}) {
    EXPECT_THAT(ratio(small_config(), 4, iteration), about_one()) << "iteration " << iteration;
  }
}

TEST(FsrtMemory, IsAsEstimatedWithBfloat16Products) {
  FsrtRecipeConfig config = small_config();
  config.precision = Precision::kBfloat16;
  for (const Iteration iteration : {kPhase1, kPhase2, kPhase3}) {
    EXPECT_THAT(ratio(config, 4, iteration), about_one()) << "iteration " << iteration;
  }
}

TEST(FsrtMemory, IsAsEstimatedForMoreSourcesAndQueries) {
  FsrtRecipeConfig config = small_config();
  config.model.sources = 3;
  EXPECT_THAT(ratio(config, 2, kPhase1), about_one());
  config.data.query_pixels = 4096;
  EXPECT_THAT(ratio(config, 2, kPhase2), about_one());
}

TEST(KeypointsMemory, IsAsEstimated) {
  const RunSettings settings = tiny_settings("keypoints");
  auto config = dynamic_cast<const KeypointsRecipeConfig&>(*settings.recipe);
  config.model.image_size = 128;
  config.model.detector_width = 16;
  config.model.detector_max_width = 64;
  RunConfig run = settings.run;
  run.batch = {.global_batch = 8, .micro_batch = 8, .statistics_group = 8};
  KeypointsRecipe recipe(config, run);
  const MicroBatch batch{
      .iteration = 0,
      .index = 0,
      .episodes = std::vector<Episode>(8),
      .tensors = {at::rand({8, 3, 128, 128}), at::zeros({8, 10, 2}), at::eye(2, 3).expand({8, 2, 3}).contiguous()}};
  const std::int64_t measured = peak_of_step(recipe, run, batch);
  const std::int64_t estimated = config.plan(run).phases.front().pass_bytes;
  std::printf("keypoints: estimated %.1f MiB, measured %.1f MiB\n",
              static_cast<double>(estimated) / 0x1p20,
              static_cast<double>(measured) / 0x1p20);
  EXPECT_THAT(static_cast<double>(estimated) / static_cast<double>(measured), about_one());
}

/// Estimated over measured.
double ratio(const LatentPoseRecipeConfig& config, std::int64_t samples) {
  RunConfig run = RunSettings::defaults("latent_pose").run;
  run.batch = {.global_batch = samples, .micro_batch = samples, .statistics_group = samples};
  LatentPoseRecipe recipe(config, run, make_latent_pose_networks(config, 1), make_latent_pose_perceptual(config, 1));
  const LatentPoseModelConfig& m = config.model;
  const std::int64_t n = m.image_size;
  const MicroBatch batch{
      .iteration = 0,
      .index = 0,
      .episodes = std::vector<Episode>(static_cast<std::size_t>(samples)),
      .tensors = to_sample({.identity_frames = at::rand({samples, m.identity_frames, 3, n, n}),
                            .pose_frame = at::rand({samples, 3, n, n}),
                            .target = at::rand({samples, 3, n, n}),
                            .target_mask = at::rand({samples, 1, n, n}),
                            .label = at::zeros({samples}, at::kLong),
                            .pose_dropout = at::ones({samples, m.embedder.pose.feature_channels()})})};
  const std::int64_t measured = peak_of_step(recipe, run, batch);
  const std::int64_t estimated = latent_pose_training_bytes(config, samples);
  std::printf("latent pose, %ld samples: estimated %6.1f MiB, measured %6.1f MiB\n",
              samples,
              static_cast<double>(estimated) / 0x1p20,
              static_cast<double>(measured) / 0x1p20);
  return static_cast<double>(estimated) / static_cast<double>(measured);
}

/// Small, but with every layer of the published networks.
LatentPoseRecipeConfig small_latent_pose() {
  const RunSettings settings = RunSettings::defaults("latent_pose");
  auto config = dynamic_cast<const LatentPoseRecipeConfig&>(*settings.recipe);
  LatentPoseModelConfig& m = config.model;
  m.image_size = 64;
  m.channels = 16;
  m.max_channels = m.embedder.identity_size = 128;
  m.embedder.identity.width = 16;
  m.embedder.identity.groups = 8;
  m.identities = 10;
  config.losses.face_weight = config.losses.perceptual_weight = 0.0;
  return config;
}

TEST(LatentPoseMemory, IsAsEstimated) {
  EXPECT_THAT(ratio(small_latent_pose(), 4), about_one());
}

TEST(LatentPoseMemory, IsAsEstimatedWithFewIdentityFrames) {
  LatentPoseRecipeConfig config = small_latent_pose();
  config.model.identity_frames = 1;
  EXPECT_THAT(ratio(config, 4), about_one());
}

TEST(LatentPoseMemory, IsAsEstimatedWithPerceptualLosses) {
  LatentPoseRecipeConfig config = small_latent_pose();
  config.model.identity_frames = 2;
  config.losses = {};
  config.perceptual_weights_file = config.face_weights_file = "random";
  EXPECT_THAT(ratio(config, 4), about_one());
}

TEST(LatentPoseMemory, IsAsEstimatedWithManyRows) {
  LatentPoseRecipeConfig config = small_latent_pose();
  config.model.identity_frames = 1;
  config.model.identities = 400'000;
  EXPECT_THAT(ratio(config, 2), about_one());
}

}  // namespace
}  // namespace understudy

int main(int argc, char** argv) {
  c10::SetCPUAllocator(&understudy::TensorMeter::instance(), /*priority=*/2);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
