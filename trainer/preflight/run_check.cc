#include "trainer/preflight/run_check.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "trainer/batch_loader.h"
#include "trainer/device_transfer.h"
#include "trainer/faults/roll_backs.h"
#include "trainer/first_start.h"
#include "trainer/preflight/checkpoint_outline.h"
#include "trainer/resume.h"
#include "trainer/training_sets.h"

namespace understudy {
namespace {

std::int64_t bytes_of(const Sample& tensors) {
  std::int64_t bytes = 0;
  for (const at::Tensor& tensor : tensors) bytes += static_cast<std::int64_t>(tensor.nbytes());
  return bytes;
}

std::int64_t bytes_of(const NamedTensors& tensors) {
  std::int64_t bytes = 0;
  for (const auto& [name, tensor] : tensors) bytes += static_cast<std::int64_t>(tensor.nbytes());
  return bytes;
}

/// Fills a RunCheck part by part.
class RunChecker {
 public:
  explicit RunChecker(const RunCheckRequest& request) : request_(request) {}

  RunCheck check();

 private:
  void read_settings();
  void read_resumed_settings();
  void check_sets(const EpisodeSpec& spec);
  void check_training_sets(const EpisodeSpec& spec);
  void check_files_of_the_run();
  void compare_with_checkpoint();
  void check_first_weights();
  void estimate_memory();
  void estimate_disk();
  void estimate_length();
  void measure_samples(MemoryFacts& facts);

  const RunConfig& config() const { return check_.settings->run; }
  Problems& problems() { return check_.findings.problems; }
  Problems& warnings() { return check_.findings.warnings; }
  /// The checkpoint that a start would resume.
  const Manifest* resumed() const { return check_.directory.newest ? &check_.directory.newest->manifest() : nullptr; }

  const RunCheckRequest& request_;
  RunCheck check_;
  bool sound_ = false;                 ///< the configuration alone
  std::optional<RunSettings> before_;  ///< of the checkpoint that would be resumed
  std::unique_ptr<Recipe> outline_;
  RecipePlan plan_;
  NamedTensors optimizer_;
  std::vector<CheckedSet> train_;  ///< that can be opened
  std::string train_fingerprint_;  ///< empty unless all of them can
  std::optional<CheckedSet> validation_;
};

RunCheck RunChecker::check() {
  read_settings();
  sound_ = problems().empty();
  check_.directory = check_run_directory(request_.train.run_directory, check_.findings);
  if (!check_.settings) return std::move(check_);
  if (!sound_) {  // the sizes may not be what is meant, but the sets can be looked at
    check_sets({.needs_landmarks = true});
    return std::move(check_);
  }
  read_resumed_settings();
  outline_ = check_.settings->recipe->make_outline(config());
  plan_ = check_.settings->recipe->plan(config());
  optimizer_ = optimizer_outline(outline_->players());
  check_.phases = phase_spans(*outline_, config().max_iterations);
  check_sets(outline_->episode());
  check_files_of_the_run();
  check_phases(config(), plan_, warnings());
  check_intervals(config(), check_.phases, warnings());
  check_threads(config(), request_.layout, request_.machine, warnings());
  check_devices(request_.layout, request_.machine, warnings());
  if (config().validates()) check_metric(config(), outline_->validation_metrics(), problems());
  check_.batch = collect(problems(), "batch", [&]() -> std::optional<BatchSplit> {
    return split_batch(config().batch, request_.layout.ranks());
  });
  estimate_memory();
  estimate_disk();
  estimate_length();
  return std::move(check_);
}

void RunChecker::read_settings() {
  const TrainRequest& train = request_.train;
  check_.settings = RunSettings::read(train.config_text, train.config_name, train.overrides, problems());
  warnings() = problems().with_same_places();
}

/// What the first start of the run decided stays.
void RunChecker::read_resumed_settings() {
  RunConfig& run = check_.settings->run;
  if (resumed() != nullptr) {
    const std::string manifest = (check_.directory.newest->folder() / kManifestName).string();
    before_ = collect(problems(), manifest, [&]() -> std::optional<RunSettings> {
      return RunSettings::read(resumed()->config, manifest, {});
    });
  }
  std::vector<std::int64_t> excluded;
  collect(problems(), kRollBacksName, [&] {
    excluded = samples_excluded_by(read_roll_backs(request_.train.run_directory));
    return true;
  });
  if (before_) {
    merge_samples(before_->run.exclude, excluded);
    merge_samples(run.exclude, before_->run.exclude);
    fill_in_decisions(run, before_->run);
  }
  merge_samples(run.exclude, excluded);
  decide_reduction(run, request_.layout.on_gpus);
  if (before_) fill_in_decisions(before_->run, run);
}

void RunChecker::check_sets(const EpisodeSpec& spec) {
  check_training_sets(spec);
  if (const auto named = validation_set_of(config())) {
    const auto seed = static_cast<std::uint64_t>(config().seed);
    validation_ = check_set(*named, spec, seed, {.balance = config().balance}, problems());
  }
  const auto take = [this](const CheckedSet& checked) {
    check_frame_sizes(checked, plan_.picture_size, warnings());
    check_.sets.push_back(checked.facts);
  };
  for (const CheckedSet& checked : train_) take(checked);
  if (validation_) take(*validation_);
  if (train_.empty() || !validation_ || !config().validates()) return;
  if (config().held_out == 0.0) check_people_apart(train_, *validation_, warnings());
  check_validation_list(*validation_, config().validation.episodes, warnings());
}

void RunChecker::check_training_sets(const EpisodeSpec& spec) {
  const std::vector<NamedSet> named = training_sets_of(config());
  DataSets sets;
  for (std::uint32_t set = 0; set < named.size(); ++set) {
    const SamplerOptions options{.balance = config().balance, .set = set};
    auto checked = check_set(named[set], spec, static_cast<std::uint64_t>(config().seed), options, problems());
    if (!checked) continue;
    sets.push_back(checked->set);
    train_.push_back(*std::move(checked));
  }
  understudy::check_training_sets(config(), sets, problems());
  if (!sound_ || sets.empty() || sets.size() < named.size()) return;
  const auto mixed =
      collect(problems(), "data.train", [&] { return std::optional(training_sampler(sets, config(), spec)); });
  if (!mixed) return;
  train_fingerprint_ = mixed->fingerprint();
  for (std::uint32_t set = 0; set < sets.size(); ++set) train_[set].facts.share = mixed->shares().share(set);
}

void RunChecker::check_files_of_the_run() {
  check_.weights = check_.settings->recipe->check_weights(config(), check_.findings);
  if (resumed() != nullptr) {
    compare_with_checkpoint();
  } else if (request_.train.init_from) {
    check_first_weights();
  }
}

void RunChecker::compare_with_checkpoint() {
  const std::string run = request_.train.run_directory.string();
  if (resumed()->iteration >= config().max_iterations) {
    warnings().add_key("run.max_iterations",
                       fmt::format("{}, but {} holds a checkpoint of iteration {}: nothing is left to do",
                                   config().max_iterations,
                                   run,
                                   resumed()->iteration));
  }
  if (request_.train.init_from)
    warnings().add(fmt::format("--init-from has no effect: {} holds a checkpoint, which would be resumed", run));
  if (!before_) return;
  std::map<std::string, std::string> fingerprints;
  if (!train_fingerprint_.empty()) fingerprints["train"] = train_fingerprint_;
  if (validation_ && config().validates()) fingerprints["validation"] = validation_->set->fingerprint();
  for (const std::string& difference : resume_differences(*before_, *check_.settings, *resumed(), fingerprints)) {
    if (request_.train.accept_change) {
      warnings().add(fmt::format("{}: would be resumed with a change: {}", run, difference));
    } else {
      problems().add(fmt::format(
          "{}: cannot be resumed: {}; undo the change, start another run, or pass --accept-change", run, difference));
    }
  }
}

void RunChecker::check_first_weights() {
  const std::string path = request_.train.init_from->string();
  check_.transfer = collect(problems(), "--init-from", [&]() -> std::optional<TransferReport> {
    const NamedTensors weights = check_.settings->recipe->own_names(load_weights(*request_.train.init_from));
    return transfer_weights(weights, outline_->state());
  });
  if (!check_.transfer) return;
  if (check_.transfer->taken == 0)
    problems().add(fmt::format("--init-from {}: no tensor fits this configuration", path));
  const std::vector<std::string>& misshapen = check_.transfer->misshapen;
  if (check_.transfer->taken > 0 && !misshapen.empty()) {
    warnings().add(fmt::format("--init-from {}: {} tensor{} of another shape would start anew, the first is {}",
                               path,
                               misshapen.size(),
                               misshapen.size() == 1 ? "" : "s",
                               misshapen.front()));
  }
}

/// Prepares the first sample of each set, as training would, which also shows that frames can be read and decoded.
void RunChecker::measure_samples(MemoryFacts& facts) {
  const EpisodeReader reader(outline_->episode(), loader_options(config()).reading);
  for (const CheckedSet& train : train_) {
    collect(problems(), "data.train", [&] {
      EpisodeFrames frames;
      ReadCounts counts;
      reader.read(*train.set, train.sampler->episode(0), frames, counts);
      facts.episode_bytes = std::max(facts.episode_bytes, static_cast<std::int64_t>(counts.bytes));
      Sample sample = reader.decoding(frames, counts, [&](const EpisodeFrames& intact) {
        return outline_->prepare(intact, {.training = true, .iteration = 0});
      });
      sample = handed_over(std::move(sample), config().hand_over);
      facts.sample_bytes = std::max(facts.sample_bytes, bytes_of(sample));
      return true;
    });
  }
}

void RunChecker::estimate_memory() {
  MemoryFacts facts;
  measure_samples(facts);
  if (!check_.batch) return;
  facts = {.state_bytes = bytes_of(outline_->state()),
           .optimizer_bytes = bytes_of(optimizer_),
           .sample_bytes = facts.sample_bytes,
           .episode_bytes = facts.episode_bytes,
           .players = outline_->players()};
  check_.memory = memory_need(config(), plan_, facts, *check_.batch, request_.layout.ranks());
  check_memory(*check_.memory, request_.layout, request_.machine.memory_bytes, problems());
}

void RunChecker::estimate_disk() {
  const std::int64_t bytes = checkpoint_file_bytes(outline_->state(), optimizer_);
  const std::int64_t validated = config().validates() ? std::ssize(validated_phases(config(), check_.phases)) : 0;
  check_.disk = disk_need(config(), bytes, validated);
  if (check_.directory.free_bytes) {
    const DiskSpace space{.place = check_.directory.path.string(),
                          .free_bytes = *check_.directory.free_bytes,
                          .present_bytes = check_.directory.checkpoint_bytes};
    check_disk(*check_.disk, space, problems());
  }
}

void RunChecker::estimate_length() {
  StepSeconds seconds;
  const std::filesystem::path timing = request_.train.run_directory / "timing.jsonl";
  if (request_.step_seconds) {
    for (const PhaseSpan& phase : check_.phases) seconds[phase.name] = *request_.step_seconds;
  } else if (std::filesystem::exists(timing)) {
    seconds = median_step_seconds(
        read_file(timing), request_.layout.ranks(), [&](Iteration iteration) { return outline_->phase(iteration); });
  }
  if (seconds.empty()) return;
  check_.length = run_length(check_.phases, resumed() != nullptr ? resumed()->iteration : 0, seconds);
}

}  // namespace

RunCheck check_run(const RunCheckRequest& request) {
  return RunChecker(request).check();
}

}  // namespace understudy
