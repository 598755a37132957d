// Seconds, memory and share of this machine's own matrix-product peak of a full-size training step at batch 1, in each
// phase: detector, networks, losses, gradients, the check for finite numbers and Adam, on random pictures and weights.
// Work is counted as the published code does it (0.93, 3.85 and 4.3 TFLOP): also where ours need not do it.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include <ATen/Parallel.h>
#include <sys/wait.h>
#include <time.h>
#include <torch/torch.h>
#include <unistd.h>

#include "clusters/communicator.h"
#include "models/blocks/initialization.h"
#include "trainer/memory_pool.h"
#include "trainer/recipes/fsrt/fsrt_recipe.h"
#include "trainer/run_config.h"
#include "trainer/step_engine.h"

namespace understudy {
namespace {

struct PhaseCase {
  const char* name;
  Iteration iteration;
  double gflop;  // of the published code
};

constexpr std::array<PhaseCase, 3> kPhases{{{"I", 0, 930}, {"II", 200'000, 3850}, {"III", 600'000, 4300}}};

// By the clock, and processor time by thread. The latter is what counts on a busy machine, where
// OMP_WAIT_POLICY=passive keeps threads that wait for one another from using it up.
struct Seconds {
  double clock;
  double processor;
};

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

Seconds measure(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  const double processor_start = processor_seconds();
  work();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          (processor_seconds() - processor_start) / at::get_num_threads()};
}

// Seconds of 1 GFLOP in a large matrix product: the best of several, because the machine may have other work.
Seconds measure_gemm_peak() {
  constexpr std::int64_t kSide = 4096;
  constexpr double kGflop = 2e-9 * kSide * kSide * kSide;
  const at::Tensor a = at::full({kSide, kSide}, 0.5F);
  const at::Tensor b = at::full({kSide, kSide}, 0.25F);
  at::Tensor c = at::empty({kSide, kSide});
  Seconds best{std::numeric_limits<double>::max(), std::numeric_limits<double>::max()};
  for (int i = 0; i < 5; ++i) {
    const Seconds product = measure([&] { at::mm_out(c, a, b); });
    best = {std::min(best.clock, product.clock / kGflop), std::min(best.processor, product.processor / kGflop)};
  }
  return best;
}

double median(std::vector<Seconds> rows, double Seconds::*value) {
  std::sort(rows.begin(), rows.end(), [value](const Seconds& a, const Seconds& b) { return a.*value < b.*value; });
  return rows[rows.size() / 2].*value;
}

// Pixels that carry gradient: 4096 of the picture in Phase I, else every second of every second row.
at::Tensor query_pixels(bool whole_picture, std::int64_t size) {
  if (!whole_picture) return at::arange(0, size * size, 16, at::kLong).unsqueeze(0);
  const at::Tensor axis = at::arange(0, size, 2, at::kLong);
  return (axis.unsqueeze(1) * size + axis).view({1, -1});
}

MicroBatch random_batch(const PhaseCase& phase, bool whole_picture, std::int64_t size) {
  const auto pictures = [size] { return at::rand({1, 3, size, size}); };
  const FsrtBatch batch{.source_a1 = pictures().unsqueeze(0),
                        .source_a2 = pictures().unsqueeze(0),
                        .source_full_a2 = pictures().unsqueeze(0),
                        .driving_a1 = pictures(),
                        .driving_a2 = pictures(),
                        .driving_full_a2 = pictures(),
                        .driving_face_a3 = pictures(),
                        .crop_scale = at::ones({1, 2}),
                        .crop_shift = at::zeros({1, 2}),
                        .query_pixels = query_pixels(whole_picture, size),
                        .plain_from_a2 = at::zeros({1}, at::kByte),
                        .use_plain_expression = at::zeros({1}, at::kByte)};
  return {.iteration = phase.iteration, .index = 0, .episodes = std::vector<Episode>(1), .tensors = to_sample(batch)};
}

void run_phase(const PhaseCase& phase, int steps) {
  keep_tensor_memory();
  at::manual_seed(1);
  const FsrtRecipeConfig config;
  RunConfig run;
  run.batch = {.global_batch = 1, .micro_batch = 1, .statistics_group = 1};
  auto vgg = std::make_shared<Vgg19>();
  initialize(*vgg, 1, "vgg19");
  FsrtRecipe recipe(config, run, make_fsrt_networks(config, 1, true), std::move(vgg));
  const std::unique_ptr<Communicator> alone = single_rank();
  Heartbeat heartbeat;
  StepEngine engine(recipe, run, *alone, heartbeat);
  const bool whole_picture = FsrtPhase::at(config.phases, phase.iteration).whole_picture;
  const MicroBatch batch = random_batch(phase, whole_picture, config.model.image_size);

  const Seconds before = measure_gemm_peak();
  std::vector<Seconds> rows;
  for (int i = 0; i <= steps; ++i) {
    rows.push_back(measure([&] { engine.run(phase.iteration, {batch}, {}); }));
  }
  rows.erase(rows.begin());  // the first step touches its memory for the first time
  const Seconds after = measure_gemm_peak();
  const Seconds step{median(rows, &Seconds::clock), median(rows, &Seconds::processor)};
  const Seconds peak{std::min(before.clock, after.clock), std::min(before.processor, after.processor)};
  std::printf(
      "Phase %-3s %7.2f s %5.1f %% of the peak of %.0f GFLOP/s, %.2f GiB"
      " (by processor time %.2f s, %.1f %% of %.0f GFLOP/s)\n",
      phase.name,
      step.clock,
      100 * phase.gflop * peak.clock / step.clock,
      1 / peak.clock,
      static_cast<double>(peak_memory_bytes()) / (1 << 30),
      step.processor,
      100 * phase.gflop * peak.processor / step.processor,
      1 / peak.processor);
}

// In a process of its own, so that the peak of memory is the phase's.
bool run_phase_alone(const PhaseCase& phase, int steps) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    run_phase(phase, steps);
    std::fflush(stdout);
    std::_Exit(0);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

int usage(const char* program) {
  std::fprintf(stderr, "usage: %s [--steps N] [--phase I|II|III]\n", program);
  return 2;
}

}  // namespace
}  // namespace understudy

int main(int argc, char** argv) {
  int steps = 3;
  const char* only = nullptr;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) return understudy::usage(argv[0]);
    if (std::strcmp(argv[i], "--steps") == 0) {
      steps = std::atoi(argv[i + 1]);
    } else if (std::strcmp(argv[i], "--phase") == 0) {
      only = argv[i + 1];
    } else {
      return understudy::usage(argv[0]);
    }
  }
  if (steps < 1) return understudy::usage(argv[0]);
  std::printf("threads %d, cores %u\n", at::get_num_threads(), std::thread::hardware_concurrency());
  bool good = true;
  for (const understudy::PhaseCase& phase : understudy::kPhases) {
    if (only == nullptr || std::strcmp(only, phase.name) == 0) good = understudy::run_phase_alone(phase, steps) && good;
  }
  return good ? 0 : 1;
}
