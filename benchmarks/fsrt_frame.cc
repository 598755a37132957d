// Seconds for a rendered frame with the tokens prepared once, full and small decoder, against this machine's own
// matrix-product peak. Work is counted as the published code does it (encoder 79.2, full decoder 1056, small 420
// billion multiply-adds): also where ours need not do it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <thread>

#include <ATen/Parallel.h>
#include <time.h>
#include <torch/torch.h>

#include "models/fsrt/fsrt_networks.h"
#include "trainer/memory_pool.h"

namespace understudy {
namespace {

constexpr std::int64_t kSize = 256;
constexpr double kEncoderGflop = 2 * 79.2;
constexpr double kFullGflop = 2 * 1056.0;
constexpr double kSmallGflop = 2 * 420.0;

// By the clock, and processor time by thread. The latter is what counts on a busy machine, where
// OMP_WAIT_POLICY=passive keeps threads that wait for one another from using it up.
struct Seconds {
  double clock = std::numeric_limits<double>::max();
  double processor = std::numeric_limits<double>::max();
};

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// The best of several runs: the machine may have other work.
Seconds best_seconds(int runs, const std::function<void()>& work) {
  Seconds best;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const double processor_start = processor_seconds();
    work();
    best.clock = std::min(best.clock, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    best.processor = std::min(best.processor, (processor_seconds() - processor_start) / at::get_num_threads());
  }
  return best;
}

// Seconds of 1 GFLOP in a large matrix product.
Seconds measure_gemm_peak() {
  constexpr std::int64_t kSide = 4096;
  const at::Tensor a = at::full({kSide, kSide}, 0.5F);
  const at::Tensor b = at::full({kSide, kSide}, 0.25F);
  at::Tensor c = at::empty({kSide, kSide});
  const Seconds product = best_seconds(6, [&] { at::mm_out(c, a, b); });
  constexpr double kGflop = 2e-9 * kSide * kSide * kSide;
  return {product.clock / kGflop, product.processor / kGflop};
}

double peak_memory_gib() {
  return static_cast<double>(peak_memory_bytes()) / (1 << 30);
}

struct Frame {
  explicit Frame(const FsrtModelConfig& config) : model(make_fsrt_networks(config, 1, false).model) {
    source = at::linspace(0, 1, 3 * kSize * kSize).view({1, 1, 3, kSize, kSize});
    keypoints = at::linspace(-0.8, 0.8, 2 * config.keypoints).view({1, 1, config.keypoints, 2});
    expression = at::linspace(-1, 1, config.expression_size).view({1, 1, -1});
  }
  TokenMemory prepare() {
    return model->decoder().prepare_tokens(model->encoder().forward(source, keypoints, expression));
  }
  at::Tensor render(const TokenMemory& memory) {
    return model->decoder().decode_all_pixels_no_grad(memory, keypoints[0], expression[0], kSize);
  }

  std::shared_ptr<FsrtModel> model;
  at::Tensor source, keypoints, expression;
};

void print_row(const char* what, Seconds seconds, double gflop, Seconds peak) {
  std::printf("%-22s %8.3f s %7.1f GFLOP/s %6.1f %% of the peak (%.3f s and %.1f %% by processor time)\n",
              what,
              seconds.clock,
              gflop / seconds.clock,
              100 * gflop * peak.clock / seconds.clock,
              seconds.processor,
              100 * gflop * peak.processor / seconds.processor);
}

void run(bool small, int runs) {
  FsrtModelConfig config;
  config.small_decoder = small;
  Frame frame(config);
  const Seconds before = measure_gemm_peak();
  TokenMemory memory;
  const Seconds prepare = best_seconds(runs, [&] { memory = frame.prepare(); });
  const Seconds render = best_seconds(runs, [&] { frame.render(memory); });
  const Seconds after = measure_gemm_peak();
  const Seconds peak{std::min(before.clock, after.clock), std::min(before.processor, after.processor)};
  std::printf("%s decoder; matrix-product peak %.1f GFLOP/s\n", small ? "small" : "full", 1 / peak.clock);
  print_row("tokens of one source", prepare, kEncoderGflop, peak);
  print_row("frame", render, small ? kSmallGflop : kFullGflop, peak);
  std::printf("peak memory of the process so far %.2f GiB\n\n", peak_memory_gib());
}

}  // namespace
}  // namespace understudy

int main(int argc, char** argv) {
  const int runs = argc > 1 ? std::atoi(argv[1]) : 3;
  understudy::keep_tensor_memory();
  const at::NoGradGuard no_grad;
  std::printf("threads %d, cores %u\n", at::get_num_threads(), std::thread::hardware_concurrency());
  understudy::run(true, runs);
  understudy::run(false, runs);
}
