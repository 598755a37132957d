#include "trainer/trainer.h"

#include <chrono>

#include <fmt/format.h>

#include "checkpoints/safetensors.h"
#include "clusters/job_check.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/version.h"
#include "data_pipeline/picture_grid.h"
#include "trainer/batch_source.h"
#include "trainer/findings.h"
#include "trainer/first_start.h"
#include "trainer/machine.h"
#include "trainer/memory_pool.h"
#include "trainer/progress.h"
#include "trainer/resume.h"
#include "trainer/run_state.h"
#include "trainer/stragglers.h"
#include "trainer/validator.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

/// Episodes of a picture of samples.
constexpr std::int64_t kSampleRows = 4;

double seconds_between(Clock::time_point a, Clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

/// A training run from its first collective to its last.
class Run {
 public:
  Run(const TrainRequest& request, const RankContext& context)
      : request_(request), context_(context), ranks_(context.ranks), store_(request.run_directory) {}

  /// @param rolled_back  a non-finite number already sent this run back once
  Outcome run(bool rolled_back);

 private:
  void open();
  void compare_with(const RunSettings& before, const Manifest& manifest) const;
  void open_data_and_recipe();
  void start_or_resume(const std::optional<LoadedCheckpoint>& checkpoint);
  void open_logs(std::int64_t metrics_bytes);
  Outcome train_until_the_end(bool rolled_back);
  bool one_iteration();
  void note_what_is_due();
  bool do_what_is_due(bool stop);
  void log_iteration(const StepReport& report, double seconds, double data_wait);
  void handle_non_finite(const StepReport& report);
  std::optional<bool> validate();
  bool draw_samples();
  bool write_samples() const;
  void save();

  RunState state() { return {*recipe_, *engine_, *stopping_, completed_, finished_, due_}; }
  const RunConfig& config() const { return settings_->run; }
  LoaderOptions loader_options() const {
    return {.threads = config().loader_threads, .prefetch = config().prefetch, .device = device_};
  }

  const TrainRequest& request_;
  const RankContext& context_;
  Communicator& ranks_;
  at::Device device_{at::kCPU};  ///< where this rank computes
  CheckpointStore store_;
  std::optional<RunSettings> settings_;
  RunIdentity identity_;
  std::shared_ptr<const DataSet> train_set_;
  std::shared_ptr<const DataSet> validation_set_;
  std::unique_ptr<Recipe> recipe_;
  std::optional<Sampler> sampler_;
  std::optional<Sampler> validation_sampler_;
  std::optional<Validator> validator_;
  std::unique_ptr<StepEngine> engine_;
  std::optional<StoppingRule> stopping_;
  std::unique_ptr<JsonLines> metrics_;
  std::unique_ptr<JsonLines> timing_;
  std::unique_ptr<TrainingBatches> batches_;
  std::optional<Progress> progress_;
  std::optional<Stragglers> stragglers_;  ///< on rank 0
  std::int64_t completed_ = 0;
  std::int64_t saved_ = -1;
  bool finished_ = false;
  DueWork due_;
};

/// Thrown to leave the loop for a second try from the newest checkpoint.
class RollBack : public NonFiniteError {
 public:
  using NonFiniteError::NonFiniteError;
};

Outcome Run::run(bool rolled_back) {
  open();
  return train_until_the_end(rolled_back);
}

void Run::open() {
  settings_ = RunSettings::read(request_.config_text, request_.config_name, request_.overrides);
  std::int64_t newest = -1;
  on_rank_zero(ranks_, "open the run directory", [&] {
    fs::create_directories(request_.run_directory);
    if (request_.fresh && !store_.list().empty()) {
      throw ConfigError(fmt::format("{}: holds checkpoints and --fresh was given; name another run directory",
                                    request_.run_directory.string()));
    }
    if (const auto found = store_.newest_intact()) newest = found->manifest().iteration;
    if (newest < 0 && !store_.list().empty()) {
      throw CheckpointError(fmt::format("{}: no intact checkpoint is left; restore one or start another run",
                                        request_.run_directory.string()));
    }
  });
  check_job(ranks_, facts_of_this_rank(std::string(version()), torch_version()), request_.run_directory);
  newest = ranks_.all_reduce(newest, Reduction::kMax, "agree on the checkpoint to resume");
  std::optional<LoadedCheckpoint> checkpoint;
  std::optional<RunSettings> before;
  if (newest >= 0) {
    checkpoint.emplace(store_.folder_of(newest), read_manifest(store_.folder_of(newest)));
    before = RunSettings::read(checkpoint->manifest().config, (checkpoint->folder() / kManifestName).string(), {});
  }
  if (before) keep_what_was_decided(settings_->run, before->run);
  device_ = decide_for_this_job(settings_->run, ranks_);
  if (settings_->run.batch.statistics_group == 0)
    settings_->run.batch.statistics_group = settings_->run.batch.micro_batch;
  open_data_and_recipe();
  if (before) compare_with(*before, checkpoint->manifest());
  on_rank_zero(ranks_, "take the run", [&] { identity_.incarnation = store_.take_incarnation(); });
  identity_.incarnation = static_cast<std::uint64_t>(ranks_.all_reduce(
      static_cast<std::int64_t>(identity_.incarnation), Reduction::kMax, "share the number of this start"));
  start_or_resume(checkpoint);
}

void Run::compare_with(const RunSettings& before, const Manifest& manifest) const {
  const std::vector<std::string> differences =
      resume_differences(before, *settings_, manifest, identity_.data_fingerprints);
  if (differences.empty()) return;
  if (request_.accept_change) {
    if (ranks_.rank() == 0) spdlog::warn("resuming with changes:\n  {}", fmt::join(differences, "\n  "));
    return;
  }
  throw ConfigError(fmt::format(
      "{}: cannot resume, the method has changed:\n  {}\nUndo the change, start another run, or pass --accept-change",
      request_.run_directory.string(),
      fmt::join(differences, "\n  ")));
}

void Run::open_data_and_recipe() {
  Problems problems;
  if (config().train_set.empty())
    problems.add_key("data.train", "names no set; write one with `understudy synthesize` or `understudy pack`");
  recipe_ = collect(problems, "recipe", [&] { return settings_->recipe->make_recipe(config()); });
  const SetRequirements requirements =
      recipe_ ? requirements_of(recipe_->episode()) : SetRequirements{.landmarks = true, .masks = false};
  const auto open_set = [&](const std::string& path) {
    return std::make_shared<const DataSet>(DataSet::open(path, requirements));
  };
  if (!config().train_set.empty())
    train_set_ = collect(problems, "data.train", [&] { return open_set(config().train_set); });
  if (!config().validation_set.empty()) {
    validation_set_ = collect(problems, "data.validation", [&] { return open_set(config().validation_set); });
  }
  problems.raise_if_any(request_.config_name);
  if (device_.is_cuda()) use_deterministic_kernels();
  recipe_->move_to(device_);
  const auto seed = static_cast<std::uint64_t>(config().seed);
  sampler_.emplace(train_set_, seed, recipe_->episode());
  identity_.data_fingerprints["train"] = train_set_->fingerprint();
  if (validation_set_ && config().validation.every > 0) {
    validation_sampler_.emplace(validation_set_, seed, recipe_->episode());
    validator_.emplace(*recipe_, *validation_sampler_, config().validation, loader_options());
    identity_.data_fingerprints["validation"] = validation_set_->fingerprint();
  }
  identity_.config = settings_->text();
}

void Run::start_or_resume(const std::optional<LoadedCheckpoint>& checkpoint) {
  engine_ = std::make_unique<StepEngine>(*recipe_, config(), ranks_, context_.heartbeat);
  stopping_.emplace(config().validation);
  std::int64_t metrics_bytes = 0;
  if (checkpoint) {
    RunState loaded = state();
    load_run_state(*checkpoint, loaded);
    completed_ = loaded.completed;
    finished_ = loaded.finished;
    due_ = loaded.due;
    saved_ = completed_;
    metrics_bytes = static_cast<std::int64_t>(checkpoint->manifest().metrics_bytes);
    spdlog::info("resuming {} after iteration {} (start {})",
                 request_.run_directory.string(),
                 completed_,
                 identity_.incarnation);
  } else if (request_.init_from) {
    const TransferReport report = transfer_weights(load_weights(*request_.init_from), recipe_->state());
    if (report.taken == 0)
      throw CheckpointError(
          fmt::format("--init-from {}: no tensor fits this configuration", request_.init_from->string()));
    spdlog::info("{} tensors from {}; {} not in it, {} of another shape",
                 report.taken,
                 request_.init_from->string(),
                 report.missing.size(),
                 report.misshapen.size());
  }
  open_logs(metrics_bytes);
  const MicroBatchRun range = engine_->range();
  batches_ = std::make_unique<TrainingBatches>(*recipe_,
                                               *sampler_,
                                               config().batch,
                                               MicroBatchRange{range.begin, range.begin + range.count},
                                               completed_,
                                               loader_options());
}

void Run::open_logs(std::int64_t metrics_bytes) {
  std::vector<std::string> nodes = ranks_.gather(facts_of_this_rank("", "").node, "share the names of nodes");
  on_rank_zero(ranks_, "open the logs", [&] {
    store_.require_newest(identity_.incarnation);
    metrics_ = std::make_unique<JsonLines>(request_.run_directory / "metrics.jsonl", metrics_bytes);
    timing_ = std::make_unique<JsonLines>(request_.run_directory / "timing.jsonl", -1);
    write_file_atomically(request_.run_directory / "run.toml", identity_.config);
    write_file_atomically(request_.run_directory / "environment.json",
                          start_record(identity_.incarnation, device_, nodes, relevant_environment()));
    std::vector<std::int64_t> shares;
    for (const MicroBatchRun& share : plan_micro_batches(config().batch.micro_batches(), ranks_.world_size()))
      shares.push_back(share.count);
    stragglers_.emplace(std::move(nodes), std::move(shares));
  });
}

Outcome Run::train_until_the_end(bool rolled_back) {
  const std::int64_t end = std::min(config().max_iterations, request_.until.value_or(config().max_iterations));
  progress_.emplace(completed_, end);
  bool stop = due_.any() && do_what_is_due(false);
  while (completed_ < end && !finished_ && !stop) {
    try {
      stop = one_iteration();
    } catch (const RollBack& error) {
      if (rolled_back)
        throw NonFiniteError(fmt::format("{}; it came again after going back to the newest checkpoint", error.what()));
      throw;
    }
    note_what_is_due();
    stop = do_what_is_due(stop);
  }
  save();
  if (finished_) return {ExitCode::kDone, fmt::format("done: stopped after iteration {} by validation", completed_)};
  if (completed_ >= end && !due_.any()) return {ExitCode::kDone, fmt::format("done: {} iterations", completed_)};
  return {ExitCode::kRunAgain,
          fmt::format("stopped on request after iteration {}; a checkpoint is written, run me again", completed_)};
}

/// @returns  whether the ranks agreed to stop
bool Run::one_iteration() {
  const auto start = Clock::now();
  const Heartbeat::Mark step(context_.heartbeat, Section::kStep);
  context_.heartbeat.begin_iteration(completed_);
  std::vector<MicroBatch> batches;
  {
    const Heartbeat::Mark data(context_.heartbeat, Section::kData);
    for (std::int64_t i = 0; i < engine_->range().count; ++i) batches.push_back(batches_->next());
  }
  const auto loaded = Clock::now();
  const StepReport report = engine_->run(completed_, std::move(batches), context_.stop_requested());
  if (!report.finite) handle_non_finite(report);
  context_.heartbeat.end_iteration();
  log_iteration(report, seconds_between(start, Clock::now()), seconds_between(start, loaded));
  ++completed_;
  return report.stop_requested;
}

void Run::note_what_is_due() {
  due_.validation = validator_ && completed_ % config().validation.every == 0;
  due_.samples = validator_ && config().sample_every > 0 && completed_ % config().sample_every == 0;
}

/// Validation, sample pictures and a checkpoint, as far as they are due after an iteration.
/// @param stop  the ranks have agreed to stop: what is due is left to the next start
/// @returns  whether they have agreed by now
bool Run::do_what_is_due(bool stop) {
  bool improved = false;
  if (due_.validation && !stop) {
    const std::optional<bool> result = validate();
    stop = !result;
    improved = result.value_or(false);
    due_.validation = !result;
  }
  if (due_.samples && !stop) {
    stop = !draw_samples();
    due_.samples = stop;
  }
  if (improved) saved_ = -1;  // a resumed validation adds to a checkpoint that is there already
  if (stop || improved || finished_ || completed_ % config().checkpoints.every == 0) save();
  return stop;
}

void Run::log_iteration(const StepReport& report, double seconds, double data_wait) {
  progress_->count(seconds);
  if (stragglers_) {
    if (const auto slow = stragglers_->add(report.rank_seconds)) spdlog::warn("{}", *slow);
  }
  if (ranks_.rank() != 0 || (completed_ + 1) % config().log_every != 0) return;
  const std::string phase = recipe_->phase(completed_);
  std::vector<Term> terms = report.terms;
  terms.emplace_back("learning_rate", engine_->players().front().learning_rate(completed_));
  metrics_->append(metrics_line(completed_, phase, terms));
  const double rate = static_cast<double>(config().batch.global_batch) / seconds;
  timing_->append(timing_line(completed_,
                              ranks_.world_size(),
                              {.seconds = seconds,
                               .data_wait_seconds = data_wait,
                               .exchange_seconds = report.exchange_seconds,
                               .samples_per_second = rate,
                               .peak_memory_bytes = peak_memory_bytes(),
                               .rank_seconds = report.rank_seconds}));
  spdlog::info("{}", progress_->line(phase, completed_ + 1, report.terms));
}

void Run::handle_non_finite(const StepReport& report) {
  std::string description;
  if (report.finding) {
    const MicroBatch& batch = report.finding->micro_batch;
    const fs::path file = request_.run_directory / "failed" /
                          fmt::format("iteration-{:09d}-micro-batch-{}.safetensors", completed_, batch.index);
    fs::create_directories(file.parent_path());
    write_safetensors(
        file, recipe_->batch_tensors(batch), {{"format", "understudy.batch.v1"}, {"system", config().recipe}});
    std::vector<std::string> frames;
    for (const Episode& episode : batch.episodes) frames.push_back(train_set_->describe(episode.frames.back()));
    description = fmt::format("rank {}: {} is not finite at iteration {}, micro-batch {} ({}); replay it from {}",
                              ranks_.rank(),
                              report.finding->tensor,
                              completed_,
                              batch.index,
                              fmt::join(frames, "; "),
                              file.string());
  }
  std::string first;
  for (const std::string& text : ranks_.all_gather(description, "share what is not finite")) {
    if (first.empty()) first = text;
  }
  if (config().non_finite == NonFinitePolicy::kSkip) {
    if (ranks_.rank() == 0) spdlog::warn("{}; the step is skipped", first);
    return;
  }
  if (config().non_finite == NonFinitePolicy::kRollback) throw RollBack(first);
  throw NonFiniteError(first);
}

/// @returns  whether this is one of the best checkpoints of its phase; nothing when the ranks agreed to stop
std::optional<bool> Run::validate() {
  const std::optional<std::vector<Term>> means = validator_->run(*recipe_, context_);
  if (!means) return std::nullopt;
  const std::string phase = recipe_->phase(completed_ - 1);
  const auto deciding =
      std::find_if(means->begin(), means->end(), [&](const Term& t) { return t.first == config().validation.metric; });
  if (deciding == means->end()) {
    std::vector<std::string> names = recipe_->validation_metrics();
    throw ConfigError(fmt::format("validation.metric = \"{}\": recipe {} has {}",
                                  config().validation.metric,
                                  config().recipe,
                                  fmt::join(names, ", ")));
  }
  stopping_->observe(phase, completed_, deciding->second);
  finished_ = stopping_->should_stop();
  if (ranks_.rank() == 0) {
    metrics_->append(validation_line(completed_, phase, validator_->episodes(), *means));
    std::vector<std::string> shown;
    for (const auto& [name, value] : *means) shown.push_back(fmt::format("{} {:.4f}", name, value));
    spdlog::info("validation after iteration {}: {}", completed_, fmt::join(shown, ", "));
  }
  const auto best = stopping_->best().find(phase);
  return best != stopping_->best().end() &&
         std::find(best->second.begin(), best->second.end(), completed_) != best->second.end();
}

/// @returns  false when rank 0, which draws alone, was asked to stop meanwhile
bool Run::draw_samples() {
  const Heartbeat::Mark mark(context_.heartbeat, Section::kSamples);
  std::int64_t stopped = 0;
  on_rank_zero(ranks_, "draw sample pictures", [&] { stopped = write_samples() ? 0 : 1; });
  return ranks_.all_reduce(stopped, Reduction::kMax, "agree to go on after sample pictures") == 0;
}

bool Run::write_samples() const {
  std::vector<Picture> pictures;
  const std::int64_t rows = std::min(kSampleRows, validator_->episodes());
  for (std::int64_t i = 0; i < rows; ++i) {
    if (context_.stop_requested()) return false;
    for (Picture& picture : recipe_->sample_pictures(validator_->episode(i))) pictures.push_back(std::move(picture));
    context_.heartbeat.beat();
  }
  if (pictures.empty()) return true;
  const int columns = static_cast<int>(std::ssize(pictures) / rows);
  const fs::path file = request_.run_directory / "samples" / (checkpoint_name(completed_) + ".png");
  fs::create_directories(file.parent_path());
  write_png(file, picture_grid(pictures, columns));
  return true;
}

void Run::save() {
  if (saved_ == completed_) return;
  const Heartbeat::Mark mark(context_.heartbeat, Section::kSave);
  on_rank_zero(ranks_, "write a checkpoint", [&] { save_run_state(store_, identity_, state(), *metrics_, config()); });
  saved_ = completed_;
}

}  // namespace

Outcome train(const TrainRequest& request, const RankContext& context) {
  keep_tensor_memory();
  try {
    return Run(request, context).run(false);
  } catch (const RollBack& error) {
    spdlog::warn("{}; going back to the newest checkpoint", error.what());
    return Run(request, context).run(true);
  }
}

}  // namespace understudy
