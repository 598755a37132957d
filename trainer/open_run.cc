#include "trainer/open_run.h"

#include <algorithm>
#include <chrono>
#include <set>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "checkpoints/retention.h"
#include "clusters/job_check.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/version.h"
#include "trainer/faults/replica_check.h"
#include "trainer/faults/roll_backs.h"
#include "trainer/findings.h"
#include "trainer/first_start.h"
#include "trainer/first_weights.h"
#include "trainer/machine.h"
#include "trainer/resume.h"
#include "trainer/set_copies.h"
#include "trainer/training_sets.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

/// The steps of open_run, in their order.
class RunOpener {
 public:
  RunOpener(const TrainRequest& request, const RankContext& context, OpenRun& run)
      : request_(request), context_(context), ranks_(context.ranks), run_(run) {}
  void open();

 private:
  void require_fresh() const;
  std::vector<std::int64_t> share_exclusions() const;
  void compare_with(const RunSettings& before, const Manifest& manifest) const;
  void open_data_and_recipe();
  void start_or_resume(const std::optional<LoadedCheckpoint>& checkpoint);
  void require_equal_replicas(const fs::path& checkpoint) const;
  void keep_what_is_due();
  void take_weights(const fs::path& source);
  void take_first_state();
  void open_logs(const Manifest& resumed);

  const TrainRequest& request_;
  const RankContext& context_;
  Communicator& ranks_;
  OpenRun& run_;
  const StartClock clock_;
  std::shared_ptr<const DataSet> training_set_;  ///< the first of several
};

void RunOpener::open() {
  run_.settings = RunSettings::read(request_.config_text, request_.config_name, request_.overrides);
  std::int64_t newest = -1;
  std::vector<std::int64_t> listed;
  on_rank_zero(ranks_, "open the run directory", [&] {
    make_folders(run_.store.files(), request_.run_directory);
    listed = run_.store.list();
    if (request_.fresh) require_fresh();
    if (const auto found = run_.store.newest_intact()) newest = found->manifest().iteration;
    if (newest < 0 && !listed.empty()) {
      throw CheckpointError(fmt::format("{}: no intact checkpoint is left; restore one or start another run",
                                        request_.run_directory.string()));
    }
  });
  check_job(ranks_, facts_of_this_rank(std::string(version()), torch_version()), request_.run_directory);
  newest = ranks_.all_reduce(newest, Reduction::kMax, "agree on the checkpoint to resume");
  std::optional<LoadedCheckpoint> checkpoint;
  std::optional<RunSettings> before;
  const std::vector<std::int64_t> excluded = share_exclusions();
  if (newest >= 0) {
    checkpoint.emplace(run_.store.folder_of(newest), read_manifest(run_.store.folder_of(newest)));
    before = RunSettings::read(checkpoint->manifest().config, (checkpoint->folder() / kManifestName).string(), {});
  }
  if (before) {
    merge_samples(before->run.exclude, excluded);  // since the checkpoint, perhaps
    merge_samples(run_.settings->run.exclude, before->run.exclude);
    fill_in_decisions(run_.settings->run, before->run);
  }
  merge_samples(run_.settings->run.exclude, excluded);
  run_.device = decide_for_this_job(run_.settings->run, ranks_);
  open_data_and_recipe();
  if (before) {
    fill_in_decisions(before->run, run_.settings->run);
    compare_with(*before, checkpoint->manifest());
  }
  bool changed = false;
  on_rank_zero(ranks_, "take the run", [&] {
    const std::set<std::int64_t> passed_over(std::upper_bound(listed.begin(), listed.end(), newest), listed.end());
    run_.identity.incarnation = run_.store.take_incarnation(passed_over);
    for (const char* folder : {"", "samples", "failed"})
      remove_unpublished_files(request_.run_directory / folder, run_.store.files());
    // An earlier start may have saved or rolled back, and taking the run gives a checkpoint its name back that a crash
    // left without one; going on from an older one would cut the logs below what it vouches for.
    changed = samples_excluded_by(read_roll_backs(request_.run_directory)) != excluded || run_.store.list() != listed;
  });
  if (ranks_.all_reduce(changed ? 1 : 0, Reduction::kMax, "agree that the run is as it was found") != 0)
    throw ChangedMeanwhile(fmt::format("{}: an earlier start changed it meanwhile", request_.run_directory.string()));
  run_.identity.incarnation = static_cast<std::uint64_t>(ranks_.all_reduce(
      static_cast<std::int64_t>(run_.identity.incarnation), Reduction::kMax, "share the number of this start"));
  if (const auto& all = run_.config().exclude; !all.empty() && ranks_.rank() == 0)
    spdlog::info("{} samples are excluded ({} by roll-backs of this run)", all.size(), excluded.size());
  start_or_resume(checkpoint);
}

void RunOpener::require_fresh() const {
  const bool checkpoints = !run_.store.list().empty();
  if (!checkpoints && !fs::exists(request_.run_directory / kRollBacksName)) return;
  throw ConfigError(fmt::format("{}: holds {} and --fresh was given; name another run directory",
                                request_.run_directory.string(),
                                checkpoints ? "checkpoints" : kRollBacksName));
}

/// What roll-backs of this run excluded, as rank 0 reads it.
std::vector<std::int64_t> RunOpener::share_exclusions() const {
  std::string text;
  on_rank_zero(ranks_, "read the roll-backs", [&] {
    text = nlohmann::json(samples_excluded_by(read_roll_backs(request_.run_directory))).dump();
  });
  return nlohmann::json::parse(ranks_.broadcast(text, 0, "share the excluded samples"))
      .get<std::vector<std::int64_t>>();
}

void RunOpener::compare_with(const RunSettings& before, const Manifest& manifest) const {
  const std::vector<std::string> differences =
      resume_differences(before, *run_.settings, manifest, run_.identity.data_fingerprints);
  if (differences.empty()) return;
  if (request_.accept_change) {
    if (ranks_.rank() == 0) spdlog::warn("resuming with changes:\n  {}", fmt::join(differences, "\n  "));
    return;
  }
  throw ConfigError(
      fmt::format("{}: cannot resume, the method has changed:\n  {}\nUndo the change, start a run in another place, or "
                  "let `train` go on with --accept-change",
                  request_.run_directory.string(),
                  fmt::join(differences, "\n  ")));
}

void RunOpener::open_data_and_recipe() {
  Problems problems;
  run_.recipe = collect(problems, "recipe", [&] { return run_.settings->recipe->make_recipe(run_.config()); });
  const SetRequirements requirements =
      run_.recipe ? requirements_of(run_.recipe->episode()) : SetRequirements{.landmarks = true, .masks = false};
  DataSets sets = open_training_sets(run_.config(), requirements, problems);
  if (const auto named = validation_set_of(run_.config()))
    run_.validation_set = collect(problems, named->key, [&] { return open_set(*named, requirements); });
  problems.raise_if_any(request_.config_name);
  if (run_.device.is_cuda()) use_deterministic_kernels();
  run_.recipe->move_to(run_.device);
  const auto seed = static_cast<std::uint64_t>(run_.config().seed);
  training_set_ = sets.front();
  run_.sampler.emplace(training_sampler(sets, run_.config(), run_.recipe->episode()));
  run_.identity.data_fingerprints["train"] = run_.sampler->fingerprint();
  if (run_.validation_set && run_.config().validation.every > 0) {
    const SamplerOptions options{.balance = run_.config().balance};
    run_.validation_sampler.emplace(run_.validation_set, seed, run_.recipe->episode(), options);
    run_.validator.emplace(
        *run_.recipe, *run_.validation_sampler, run_.config().validation, loader_options(run_.config(), run_.device));
    run_.identity.data_fingerprints["validation"] = run_.validation_set->fingerprint();
  }
  run_.identity.config = run_.settings->text();
  if (run_.validation_set) sets.push_back(run_.validation_set);
  run_.copying = copy_sets(run_.config(), std::move(sets), ranks_);
}

void RunOpener::start_or_resume(const std::optional<LoadedCheckpoint>& checkpoint) {
  run_.engine = std::make_unique<StepEngine>(*run_.recipe, run_.config(), ranks_, context_.heartbeat);
  run_.stopping.emplace(run_.config().validation);
  Manifest resumed;  // of nothing, at the first start
  if (checkpoint) {
    RunState loaded = run_.state();
    load_run_state(*checkpoint, loaded);
    require_equal_replicas(checkpoint->folder());
    run_.completed = loaded.completed;
    run_.finished = loaded.finished;
    run_.due = loaded.due;
    run_.saved = run_.completed;
    resumed = checkpoint->manifest();
    on_rank_zero(ranks_, "apply the retention policy", [&] { keep_what_is_due(); });
    spdlog::info("resuming {} after iteration {} (start {})",
                 request_.run_directory.string(),
                 run_.completed,
                 run_.identity.incarnation);
  } else if (request_.init_from) {
    take_weights(*request_.init_from);
  } else if (request_.first_state) {
    take_first_state();
  }
  open_logs(resumed);
  OpenRun& run = run_;
  run_.saver = std::make_unique<CheckpointSaver>(
      run_.store,
      run_.identity.incarnation,
      run_.recipe->state(),
      run_.engine->optimizer_state(),
      [&run] {
        run.metrics->sync();
        run.events->sync();
      },
      ranks_,
      context_.heartbeat);
  const MicroBatchRun range = run_.engine->range();
  run_.batches = std::make_unique<TrainingBatches>(*run_.recipe,
                                                   *run_.sampler,
                                                   run_.config().batch,
                                                   MicroBatchRange{range.begin, range.begin + range.count},
                                                   run_.completed,
                                                   loader_options(run_.config(), run_.device));
}

/// Rank 0 verified what it read; another node may have read something else.
void RunOpener::require_equal_replicas(const fs::path& checkpoint) const {
  NamedTensors state = run_.recipe->state();
  for (auto& item : run_.engine->optimizer_state()) state.push_back(std::move(item));
  const std::optional<Drift> drift = find_drift(state, ranks_);
  if (!drift) return;
  throw ClusterError(fmt::format("{}: ranks {} read other bytes than the others: {}",
                                 checkpoint.string(),
                                 fmt::join(drift->ranks, ", "),
                                 describe(*drift, state)));
}

/// What the end of a start may have left undone after its last checkpoint: a finished run has no later save to do it.
/// Where an older checkpoint is there because one of the newest went bad, it stays.
void RunOpener::keep_what_is_due() {
  RetentionPolicy policy = retention_of(run_.config(), *run_.stopping);
  const std::vector<std::int64_t> listed = run_.store.list();
  for (const std::int64_t iteration : listed) {
    if (iteration > run_.completed) policy.damaged.insert(iteration);  // it was passed over
  }
  const std::vector<std::int64_t> unwanted = unwanted_checkpoints(run_.store, policy);
  for (const std::int64_t iteration : listed) {
    if (unwanted.empty() || iteration >= run_.completed) break;
    if (std::binary_search(unwanted.begin(), unwanted.end(), iteration)) continue;
    for (const std::string& problem : run_.store.problems_of(iteration)) {
      run_.damaged.insert(iteration);
      spdlog::warn("checkpoint of iteration {} has gone bad since it was written: {}", iteration, problem);
    }
  }
  policy.damaged.insert(run_.damaged.begin(), run_.damaged.end());
  apply_retention(run_.store, policy, run_.identity.incarnation);
}

void RunOpener::take_weights(const fs::path& source) {
  const FirstWeights weights = read_first_weights(source, *run_.settings->recipe, run_.engine->players());
  const TransferReport report = take_first_weights(weights, *run_.recipe, run_.engine->optimizer_state());
  if (report.taken == 0)
    throw CheckpointError(fmt::format("--init-from {}: no tensor fits this configuration", source.string()));
  spdlog::info("{} tensors from {}; {} not in it, {} of another shape",
               report.taken,
               source.string(),
               report.missing.size(),
               report.misshapen.size());
}

/// Made by one rank for all: replicas must not differ by the rounding of different machines.
void RunOpener::take_first_state() {
  const at::NoGradGuard no_grad;
  const NamedTensors state = run_.recipe->state();
  on_rank_zero(ranks_, "make the first state", [&] {
    const NamedTensors first = request_.first_state(*run_.settings, *training_set_);
    for (const auto& [name, tensor] : state) at::Tensor(tensor).copy_(require_tensor(first, name, "the first state"));
  });
  for (const auto& [name, tensor] : state) {
    const at::Tensor host = tensor.detach().cpu().contiguous();
    ranks_.broadcast({static_cast<std::byte*>(host.data_ptr()), host.nbytes()}, 0, "share the first state");
    at::Tensor(tensor).copy_(host);
  }
}

void RunOpener::open_logs(const Manifest& resumed) {
  std::vector<std::string> nodes = ranks_.gather(facts_of_this_rank("", "").node, "share the names of nodes");
  on_rank_zero(ranks_, "open the logs", [&] {
    run_.store.require_newest(run_.identity.incarnation);
    run_.metrics = std::make_unique<JsonLines>(request_.run_directory / "metrics.jsonl",
                                               static_cast<std::int64_t>(resumed.metrics_bytes),
                                               run_.store.files(),
                                               resumed.metrics_sha256);
    run_.events = std::make_unique<EventFile>(
        request_.run_directory / kEventsName, static_cast<std::int64_t>(resumed.events_bytes), run_.store.files());
    run_.timing = std::make_unique<TimingLog>(
        request_.run_directory / "timing.jsonl",
        TimedStart{run_.identity.incarnation, clock_.began(), run_.completed, nodes},
        [clock = clock_] { return clock.now(); },
        run_.store.files());
    write_file_atomically(request_.run_directory / "run.toml", run_.identity.config, run_.store.files());
    write_file_atomically(request_.run_directory / "environment.json",
                          start_record(run_.identity.incarnation, run_.device, nodes, relevant_environment()),
                          run_.store.files());
    std::vector<std::int64_t> shares;
    for (const MicroBatchRun& share : plan_micro_batches(run_.config().batch.micro_batches(), ranks_.world_size()))
      shares.push_back(share.count);
    const RunMonitor::Start start{.run = request_.run_directory,
                                  .number = run_.identity.incarnation,
                                  .ranks = ranks_.world_size(),
                                  .completed = run_.completed,
                                  .end = last_iteration(request_, run_.config())};
    run_.monitor = std::make_unique<RunMonitor>(run_.config(), start, run_.store.files());
    run_.schedule.emplace(
        run_.config().checkpoints, age_of_run(request_.run_directory), std::chrono::steady_clock::now());
    run_.stragglers.emplace(std::move(nodes), std::move(shares));
  });
}

}  // namespace

std::unique_ptr<OpenRun> open_run(const TrainRequest& request, const RankContext& context) {
  auto run = std::make_unique<OpenRun>(request.run_directory, *request.files);
  RunOpener(request, context, *run).open();
  return run;
}

}  // namespace understudy
