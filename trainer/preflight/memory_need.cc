#include "trainer/preflight/memory_need.h"

#include <algorithm>

#include <fmt/format.h>

#include "clusters/gradient_tree.h"
#include "clusters/ordered_mean.h"
#include "trainer/preflight/bytes_text.h"

namespace understudy {
namespace {

/// Resident size of a process that trains next to nothing: code of the program and of torch, threads, generated
/// kernels (measured: docs/doctor.md).
constexpr std::int64_t kProgramBytes = std::int64_t{200} << 20;

std::int64_t gradient_bytes(const std::vector<Player>& players, Iteration iteration) {
  std::int64_t bytes = 0;
  for (const Player& player : players) {
    if (!player.active(iteration)) continue;
    for (const auto& [name, parameter] : player.parameters) bytes += static_cast<std::int64_t>(parameter.nbytes());
  }
  return bytes;
}

/// The most over ranks, whose runs are not alike: a run that starts inside a subtree holds more sums.
HeldSets most_held(std::int64_t micro_batches, std::int64_t ranks) {
  HeldSets most;
  for (const MicroBatchRun& run : plan_micro_batches(micro_batches, ranks)) {
    const HeldSets held = held_sets(micro_batches, run.begin, run.count);
    most = {std::max(most.before_last, held.before_last), std::max(most.at_the_end, held.at_the_end)};
  }
  return most;
}

PhaseMemory phase_memory(const PlannedPhase& phase,
                         const RunConfig& config,
                         const MemoryFacts& facts,
                         const BatchSplit& split,
                         std::int64_t ranks) {
  PhaseMemory memory{.name = phase.name, .pass_bytes = phase.pass_bytes};
  memory.gradient_set_bytes = gradient_bytes(facts.players, phase.first);
  HeldSets held;
  std::int64_t window_bytes = 0;
  if (config.reduction != GradientReduction::kFast) {
    held = most_held(split.micro_batches, ranks);
    // While slices travel: what is sent of each sum, what comes of all of them, and the mean.
    if (ranks > 1)
      window_bytes = std::min(OrderedMean::kWindowBytes, memory.gradient_set_bytes) * (held.at_the_end + 2);
  } else {
    held = {.before_last = split.most > 1 ? 2 : 1, .at_the_end = 2};  // the reducer's buckets, and the gradients
  }
  memory.held_sets = held.before_last;
  memory.peak_bytes =
      std::max(memory.pass_bytes + held.before_last * memory.gradient_set_bytes,
               (held.at_the_end + (held.before_last > 0 ? 1 : 0)) * memory.gradient_set_bytes + window_bytes);
  return memory;
}

}  // namespace

HeldSets held_sets(std::int64_t micro_batches, std::int64_t begin, std::int64_t count) {
  HeldSets held;
  TreeSum sum(micro_batches);
  for (std::int64_t i = begin; i < begin + count; ++i) {
    held.before_last = std::max(held.before_last, std::ssize(sum.parts()));
    sum.add({0, i}, {});
  }
  held.at_the_end = std::ssize(sum.parts());
  return held;
}

const PhaseMemory* MemoryNeed::largest_phase() const {
  const auto largest = std::max_element(phases.begin(), phases.end(), [](const PhaseMemory& a, const PhaseMemory& b) {
    return a.peak_bytes < b.peak_bytes;
  });
  return largest == phases.end() ? nullptr : &*largest;
}

std::int64_t MemoryNeed::peak_bytes() const {
  const PhaseMemory* phase = largest_phase();
  return lasting_bytes() + std::max(phase == nullptr ? 0 : phase->peak_bytes, validation_bytes);
}

void check_memory(const MemoryNeed& need, const RankLayout& layout, std::int64_t memory_bytes, Problems& problems) {
  const std::int64_t needed = layout.ranks_per_node * need.peak_bytes();
  if (layout.on_gpus || needed <= memory_bytes) return;
  const PhaseMemory* phase = need.largest_phase();
  const bool batches_prevail = phase == nullptr || need.batches_bytes > phase->peak_bytes;
  const std::string_view key = batches_prevail ? "data.prefetch" : "batch.micro_batch";
  problems.add_key(key,
                   fmt::format("{} on a node would need about {} of memory, but this machine has {}; make {} smaller "
                               "or use fewer ranks on a node",
                               layout.ranks_per_node == 1 ? "1 rank" : fmt::format("{} ranks", layout.ranks_per_node),
                               bytes_text(needed),
                               bytes_text(memory_bytes),
                               key));
}

MemoryNeed memory_need(const RunConfig& config,
                       const RecipePlan& plan,
                       const MemoryFacts& facts,
                       const BatchSplit& split,
                       std::int64_t ranks) {
  const std::int64_t ahead = config.loader_threads > 0 ? config.prefetch : 0;
  const std::int64_t read =
      config.loader_threads + (config.loader_threads * config.read_threads > 0 ? config.read_ahead : 0);
  MemoryNeed need{.program_bytes = kProgramBytes,
                  .weights_bytes = facts.state_bytes + plan.frozen_bytes,
                  .optimizer_bytes = facts.optimizer_bytes,
                  .batches_bytes = config.batch.micro_batch *
                                   ((split.most + ahead) * facts.sample_bytes + read * facts.episode_bytes),
                  .phases = {},
                  .validation_bytes = plan.validation_bytes};
  for (const PlannedPhase& phase : plan.phases) {
    if (phase.first < config.max_iterations) need.phases.push_back(phase_memory(phase, config, facts, split, ranks));
  }
  return need;
}

}  // namespace understudy
