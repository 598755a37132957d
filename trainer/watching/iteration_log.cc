#include "trainer/watching/iteration_log.h"

#include <ATen/ATen.h>

#include "common/log.h"
#include "trainer/memory_pool.h"

namespace understudy {
namespace {

void add_learning_rates(const std::vector<Player>& players, Iteration iteration, std::vector<Term>& terms) {
  for (const Player& player : players) {
    const bool first = &player == &players.front();
    terms.emplace_back(first ? "learning_rate" : "learning_rate." + player.name, player.learning_rate(iteration));
  }
}

/// Euclidean, of all together.
double norm_of(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> norms;
  for (const at::Tensor& tensor : tensors) {
    if (tensor.defined()) norms.push_back(at::linalg_vector_norm(tensor, 2).to(at::kDouble));
  }
  if (norms.empty()) return 0.0;
  return at::linalg_vector_norm(at::stack(norms), 2).item<double>();  // one wait for a GPU
}

}  // namespace

GradientObserver IterationLog::observer() {
  gradient_norms_.clear();
  const Iteration step = run_.completed + 1;
  const std::int64_t draw_every = run_.config().histogram_every;
  const bool draw = draw_every > 0 && step % draw_every == 0;
  if (ranks_.rank() != 0 || (!draw && step % run_.config().log_every != 0)) return {};
  return [this, step, draw](const Player& player, const std::vector<at::Tensor>& gradients) {
    gradient_norms_.emplace_back("gradient_norm." + player.name, norm_of(gradients));
    for (std::size_t i = 0; draw && i < gradients.size(); ++i) {
      if (!gradients[i].defined()) continue;
      const auto& [name, parameter] = player.parameters[i];
      const std::string tag = player.name + "." + name;
      run_.events->add_histogram("weights/" + tag, parameter, step, wall_clock());
      run_.events->add_histogram("gradients/" + tag, gradients[i], step, wall_clock());
    }
  };
}

void IterationLog::add(const StepReport& report, double seconds, double data_wait) {
  const LoaderStatistics loader = run_.batches->take_statistics();  // also where nothing is logged: of one iteration
  if (run_.stragglers) {
    if (const auto slow = run_.stragglers->add(report.rank_seconds)) spdlog::warn("{}", *slow);
  }
  if (ranks_.rank() != 0) return;
  const std::string phase = run_.recipe->phase(run_.completed);
  run_.timing->count({1, seconds, data_wait, report.exchange_seconds}, run_.completed + 1);
  run_.monitor->count(seconds, data_wait, phase);
  if ((run_.completed + 1) % run_.config().log_every != 0) return;
  std::vector<Term> terms = report.terms;
  add_learning_rates(run_.engine->players(), run_.completed, terms);
  terms.insert(terms.end(), gradient_norms_.begin(), gradient_norms_.end());
  run_.metrics->append(metrics_line(run_.completed, phase, terms));
  run_.events->add_scalars("train/", terms, run_.completed + 1, wall_clock());
  const double rate = static_cast<double>(run_.config().batch.global_batch) / seconds;
  run_.timing->logged(run_.completed,
                      ranks_.world_size(),
                      {.seconds = seconds,
                       .data_wait_seconds = data_wait,
                       .exchange_seconds = report.exchange_seconds,
                       .samples_per_second = rate,
                       .peak_memory_bytes = peak_memory_bytes(),
                       .rank_seconds = report.rank_seconds,
                       .loader = loader});
  run_.monitor->logged(phase, report.terms);
}

}  // namespace understudy
