// What one training step pays for being watched: signs of life, the check for finite numbers, and the lines of the
// logs. Microseconds of one core for the networks of a configuration, with one micro-batch a rank.
//
//   benchmark_watching [RUN.toml]        default: configs/fsrt-vox256.toml
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <torch/torch.h>
#include <unistd.h>

#include "clusters/heartbeat.h"
#include "common/atomic_file.h"
#include "trainer/faults/finite_guard.h"
#include "trainer/recipe_config.h"
#include "trainer/watching/event_file.h"
#include "trainer/watching/progress.h"
#include "trainer/watching/run_log.h"
#include "trainer/watching/timing_log.h"

namespace understudy {
namespace {

double microseconds(int repetitions, const std::function<void()>& work) {
  work();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < repetitions; ++i) work();
  return 1e6 * std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / repetitions;
}

/// The marks of one step with one micro-batch: sections, signs of life, and six collectives.
void mark_a_step(Heartbeat& heartbeat, int channel) {
  const Heartbeat::Mark step(heartbeat, Section::kStep);
  heartbeat.begin_iteration(1);
  { const Heartbeat::Mark data(heartbeat, Section::kData); }
  heartbeat.beat();
  {
    const Heartbeat::Mark exchange(heartbeat, Section::kExchange);
    for (int i = 0; i < 6; ++i)
      const CollectiveMark mark(&heartbeat, channel, "generator: exchange slices of the sums");
  }
  heartbeat.end_iteration();
}

int run(const std::filesystem::path& config) {
  at::set_num_threads(1);
  const RunSettings settings = RunSettings::read(read_file(config), config.string(), {});
  const std::unique_ptr<Recipe> recipe = settings.recipe->make_outline(settings.run);
  std::vector<at::Tensor> gradients;
  for (const Player& player : recipe->players()) {
    for (const auto& [name, parameter] : player.parameters) gradients.push_back(torch::rand_like(parameter));
  }
  Heartbeat heartbeat;
  const int channel = heartbeat.new_channel();
  const double marks = microseconds(10'000, [&] { mark_a_step(heartbeat, channel); });
  const double guard = microseconds(50, [&] { first_non_finite(gradients); });

  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("understudy-watching-{}", ::getpid());
  std::filesystem::create_directories(folder);
  JsonLines metrics(folder / "metrics.jsonl", 0);
  TimingLog timing(folder / "timing.jsonl", {}, wall_clock);
  const std::vector<Term> terms{{"pixel", 0.1}, {"perceptual", 0.2}, {"variance", 0.3}, {"total", 0.6}};
  Progress progress(0, 1'000'000, 24);
  const double logs = microseconds(2000, [&] {
    progress.count(0.1, 0.0);
    metrics.append(metrics_line(1, "II", terms));
    timing.count({.iterations = 1, .seconds = 0.1}, 2);
    timing.logged(1, 2, {.seconds = 0.1, .rank_seconds = {0.1, 0.1}});
    spdlog::info("{}", progress.line("II", terms));
  });
  std::filesystem::remove_all(folder);
  std::printf("signs of life %.1f us, finite numbers %.1f us, logs %.1f us a step\n", marks, guard, logs);
  return 0;
}

}  // namespace
}  // namespace understudy

int main(int argc, char** argv) {
  return understudy::run(argc > 1 ? argv[1] : "configs/fsrt-vox256.toml");
}
