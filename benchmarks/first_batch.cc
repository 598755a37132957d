// How long a run waits for its first micro-batch: at its start, and resumed a million iterations later. Every draw is a
// function of the sample's number, so both times are the same; a sampler that goes through what was drawn before, as a
// generator's state would make it, shows here.
#include <algorithm>
#include <chrono>
#include <vector>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <unistd.h>

#include "data_pipeline/mixed_sampler.h"
#include "data_pipeline/synthetic_set.h"
#include "trainer/batch_source.h"
#include "trainer/memory_pool.h"
#include "trainer/recipe_config.h"

namespace understudy {
namespace {

constexpr Iteration kLate = 1'000'000;
constexpr int kRounds = 15;

const char* name_of(Balance balance) {
  if (balance == Balance::kIdentity) return "identity";
  return balance == Balance::kClip ? "clip" : "frame";
}

/// Milliseconds from nothing to the first micro-batch: samplers are new, so nothing is kept from before.
double first_batch_ms(const Recipe& recipe,
                      const std::vector<std::shared_ptr<const DataSet>>& sets,
                      const RunConfig& run,
                      Balance balance,
                      Iteration iteration) {
  const auto start = std::chrono::steady_clock::now();
  const MixedSampler sampler(sets, {}, 1, recipe.episode(), balance);
  TrainingBatches batches(
      recipe, sampler, run.batch, {0, run.batch.micro_batches()}, iteration, {.threads = 1, .prefetch = 1});
  batches.next();
  return 1e3 * std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Best of rounds that take turns: other programs can only add time.
void report(const Recipe& recipe,
            const std::vector<std::shared_ptr<const DataSet>>& sets,
            const RunConfig& run,
            Balance balance) {
  double early = first_batch_ms(recipe, sets, run, balance, 0);
  double late = first_batch_ms(recipe, sets, run, balance, kLate);
  for (int round = 1; round < kRounds; ++round) {
    early = std::min(early, first_batch_ms(recipe, sets, run, balance, 0));
    late = std::min(late, first_batch_ms(recipe, sets, run, balance, kLate));
  }
  fmt::print("{:8} | {:4} | {:14.2f} | {:20.2f} | {:5.3f}\n", name_of(balance), sets.size(), early, late, late / early);
}

}  // namespace
}  // namespace understudy

int main() {
  using namespace understudy;
  keep_tensor_memory();
  at::set_num_threads(1);
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("understudy-first-batch-{}", getpid());
  SynthesizeOptions options;
  options.identities = 40;
  std::vector<std::shared_ptr<const DataSet>> sets;
  for (const char* name : {"a", "b"}) {
    options.out = folder / name;
    options.first_identity = static_cast<std::int64_t>(40 * sets.size());
    synthesize_set(options);
    sets.push_back(std::make_shared<const DataSet>(DataSet::open(folder / name, {.landmarks = true})));
  }
  const RunSettings settings = RunSettings::defaults("fsrt");
  const auto recipe = settings.recipe->make_outline(settings.run);
  fmt::print("first micro-batch of {} samples, recipe fsrt, 40 people a set; best of {} starts\n",
             settings.run.batch.micro_batch,
             kRounds);
  fmt::print("balance  | sets | iteration 0 ms | iteration 1000000 ms | ratio\n");
  for (const Balance balance : {Balance::kIdentity, Balance::kClip, Balance::kFrame}) {
    report(*recipe, {sets[0]}, settings.run, balance);
    report(*recipe, sets, settings.run, balance);
  }
  std::filesystem::remove_all(folder);
}
