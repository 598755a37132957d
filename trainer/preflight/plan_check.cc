#include "trainer/preflight/plan_check.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace understudy {

void check_phases(const RunConfig& config, const RecipePlan& plan, Problems& warnings) {
  std::vector<std::string> late;
  for (const PlannedPhase& phase : plan.phases) {
    if (phase.first >= config.max_iterations) late.push_back(fmt::format("{} (from {})", phase.name, phase.first));
  }
  if (late.empty()) return;
  warnings.add_key("run.max_iterations",
                   fmt::format("the run ends after iteration {}, before phase {}; make the run longer or the phases "
                               "before shorter",
                               config.max_iterations,
                               fmt::join(late, " and ")));
}

std::vector<PhaseSpan> validated_phases(const RunConfig& config, const std::vector<PhaseSpan>& phases) {
  std::vector<PhaseSpan> validated;
  const std::int64_t every = config.validation.every;
  for (const PhaseSpan& phase : phases) {
    // After iteration number i, i + 1 are completed.
    if (every > 0 && phase.end / every * every > phase.first) validated.push_back(phase);
  }
  return validated;
}

void check_intervals(const RunConfig& config, const std::vector<PhaseSpan>& phases, Problems& warnings) {
  const CheckpointConfig& checkpoints = config.checkpoints;
  if (checkpoints.every > config.max_iterations) {
    warnings.add_key("checkpoints.every",
                     fmt::format("{} is beyond the end of the run at {}: nothing is saved before the end unless "
                                 "validation finds a new best; an interruption would lose all",
                                 checkpoints.every,
                                 config.max_iterations));
  }
  if (checkpoints.keep_every > 0 && checkpoints.keep_every <= config.max_iterations &&
      checkpoints.keep_every % checkpoints.every != 0) {
    const std::int64_t below = checkpoints.keep_every / checkpoints.every * checkpoints.every;
    warnings.add_key("checkpoints.keep_every",
                     fmt::format("{} is not a multiple of checkpoints.every = {}, so a checkpoint is there to keep at "
                                 "every {}th iteration only; try {}{}",
                                 checkpoints.keep_every,
                                 checkpoints.every,
                                 std::lcm(checkpoints.keep_every, checkpoints.every),
                                 below > 0 ? fmt::format("{} or ", below) : "",
                                 below + checkpoints.every));
  }
  if (!config.validates()) return;
  const std::vector<PhaseSpan> validated = validated_phases(config, phases);
  std::vector<std::string> passed_over;
  for (const PhaseSpan& phase : phases) {
    const bool is_validated = std::any_of(
        validated.begin(), validated.end(), [&](const PhaseSpan& other) { return other.name == phase.name; });
    if (!is_validated) passed_over.push_back(phase.name);
  }
  if (passed_over.empty()) return;
  warnings.add_key("validation.every",
                   fmt::format("{}: no validation falls into phase {}, so no best checkpoint of it is kept; validate "
                               "more often",
                               config.validation.every,
                               fmt::join(passed_over, " and ")));
}

void check_threads(const RunConfig& config, const RankLayout& layout, const MachineFacts& machine, Problems& warnings) {
  if (config.threads_per_rank == 0) {
    warnings.add_key("cluster.threads_per_rank",
                     fmt::format("0: the first start takes the cores of its node over the ranks on it ({} on this "
                                 "machine); the number is part of the run's bits, so name it if another kind of node "
                                 "may repeat the run",
                                 std::max<std::int64_t>(1, machine.cores / layout.ranks_per_node)));
  }
  const auto check = [&](std::string_view key, std::int64_t threads, std::string_view what) {
    if (threads * layout.ranks_per_node <= machine.cores) return;
    warnings.add_key(
        key,
        fmt::format("{} {}{} x {} rank{} on a node are {}, but this machine has {} core{}; they wait for one "
                    "another unless a node has more",
                    threads,
                    what,
                    threads == 1 ? "" : "s",
                    layout.ranks_per_node,
                    layout.ranks_per_node == 1 ? "" : "s",
                    threads * layout.ranks_per_node,
                    machine.cores,
                    machine.cores == 1 ? "" : "s"));
  };
  check("data.loader_threads", config.loader_threads, "loader thread");
  check("cluster.threads_per_rank", config.threads_per_rank, "thread");
}

void check_devices(const RankLayout& layout, const MachineFacts& machine, Problems& warnings) {
  if (!layout.on_gpus || machine.build_has_cuda) return;
  warnings.add(
      "--gpus-per-node: this build of understudy has a torch without CUDA, so its ranks compute on CPUs wherever they "
      "run; use a build with CUDA");
}

void check_metric(const RunConfig& config, const std::vector<std::string>& metrics, Problems& problems) {
  const std::string& metric = config.validation.metric;
  if (std::find(metrics.begin(), metrics.end(), metric) != metrics.end()) return;
  const std::string near = nearest_word(metric, metrics);
  problems.add_key("validation.metric",
                   fmt::format("\"{}\": recipe {} has {}{}",
                               metric,
                               config.recipe,
                               fmt::join(metrics, ", "),
                               near.empty() ? "" : fmt::format("; did you mean {}?", near)));
}

}  // namespace understudy
