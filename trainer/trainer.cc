#include "trainer/trainer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "common/errors.h"
#include "common/log.h"
#include "data_pipeline/picture_grid.h"
#include "trainer/fault_report.h"
#include "trainer/machine.h"
#include "trainer/memory_pool.h"
#include "trainer/open_run.h"
#include "trainer/replica_check.h"
#include "trainer/roll_backs.h"

namespace understudy {
namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

/// Episodes of a picture of samples.
constexpr std::int64_t kSampleRows = 4;
/// So that storage which never comes back is noticed.
constexpr int kMostSkippedSaves = 3;

double seconds_between(Clock::time_point a, Clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

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

/// Thrown to leave the loop and go on from the newest checkpoint.
class GoBack : public Error {
 public:
  using Error::Error;
};

/// An open run, iteration after iteration to its end.
class TrainingLoop {
 public:
  TrainingLoop(const TrainRequest& request, const RankContext& context, OpenRun& run)
      : request_(request), context_(context), ranks_(context.ranks), run_(run) {}

  Outcome train_until_the_end();
  /// Has the time book know how this start ended, if it can still be written.
  void note_end(StartEnd end, const std::string& message) const;

 private:
  bool one_iteration();
  void note_what_is_due();
  bool do_what_is_due(bool stop);
  GradientObserver gradient_observer();
  void log_iteration(const StepReport& report, double seconds, double data_wait);
  FaultReport share_findings(const std::vector<Finding>& findings) const;
  void handle_findings(const std::vector<Finding>& findings);
  [[noreturn]] void roll_back(const FaultReport& report);
  void check_state();
  std::optional<bool> validate();
  bool draw_samples();
  bool write_samples() const;
  bool wants_save();
  void note_span(RunSpan span, Clock::time_point began);
  void save();
  void finish_saving();

  const TrainRequest& request_;
  const RankContext& context_;
  Communicator& ranks_;
  OpenRun& run_;
  std::vector<Term> gradient_norms_;  ///< of the iteration under way, where it is logged
  bool save_requested_ = false;       ///< by the iteration just finished
  int skipped_saves_ = 0;             ///< in a row, because one was under way
  Iteration checked_ = -1;            ///< finished iterations after which the state was last checked
};

Outcome TrainingLoop::train_until_the_end() {
  const Iteration end = last_iteration(request_, run_.config());
  bool stop = run_.due.any() && do_what_is_due(false);
  while (run_.completed < end && !run_.finished && !stop) {
    stop = one_iteration();
    const std::int64_t every = run_.config().faults.drift_every;
    if (every > 0 && run_.completed % every == 0) check_state();
    note_what_is_due();
    stop = do_what_is_due(stop);
  }
  save();
  finish_saving();
  if (run_.finished)
    return {ExitCode::kDone, fmt::format("done: stopped after iteration {} by validation", run_.completed)};
  if (run_.completed >= end && !run_.due.any())
    return {ExitCode::kDone, fmt::format("done: {} iterations", run_.completed)};
  return {ExitCode::kRunAgain,
          fmt::format("stopped on request after iteration {}; a checkpoint is written, run me again", run_.completed)};
}

/// @returns  whether the ranks agreed to stop
bool TrainingLoop::one_iteration() {
  const auto start = Clock::now();
  const Heartbeat::Mark step(context_.heartbeat, Section::kStep);
  context_.heartbeat.begin_iteration(run_.completed);
  std::vector<MicroBatch> batches;
  {
    const Heartbeat::Mark data(context_.heartbeat, Section::kData);
    for (std::int64_t i = 0; i < run_.engine->range().count; ++i) batches.push_back(run_.batches->next());
  }
  const auto loaded = Clock::now();
  const StepReport report = run_.engine->run(run_.completed,
                                             std::move(batches),
                                             {.stop = context_.stop_requested(),
                                              .save = wants_save(),
                                              .save_failed = run_.saver->failed(),
                                              .news = run_.saver->take_news()},
                                             gradient_observer());
  if (ranks_.rank() == 0) run_.saver->hear(report.news);
  if (report.save_failed) finish_saving();
  save_requested_ = report.save_requested;
  if (!report.stepped) handle_findings(report.findings);
  context_.heartbeat.end_iteration();
  log_iteration(report, seconds_between(start, Clock::now()), seconds_between(start, loaded));
  ++run_.completed;
  return report.stop_requested;
}

void TrainingLoop::note_what_is_due() {
  run_.due.validation = run_.validator && run_.completed % run_.config().validation.every == 0;
  run_.due.samples =
      run_.validator && run_.config().sample_every > 0 && run_.completed % run_.config().sample_every == 0;
}

/// Validation, sample pictures and a checkpoint, as far as they are due after an iteration.
/// @param stop  the ranks have agreed to stop: what is due is left to the next start
/// @returns  whether they have agreed by now
bool TrainingLoop::do_what_is_due(bool stop) {
  bool improved = false;
  if (run_.due.validation && !stop) {
    const std::optional<bool> result = validate();
    stop = !result;
    improved = result.value_or(false);
    run_.due.validation = !result;
  }
  if (run_.due.samples && !stop) {
    stop = !draw_samples();
    run_.due.samples = stop;
  }
  if (improved) run_.saved = -1;  // a resumed validation adds to a checkpoint that is there already
  if (stop || improved || run_.finished || save_requested_) save();
  return stop;
}

void TrainingLoop::log_iteration(const StepReport& report, double seconds, double data_wait) {
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

/// On rank 0, whose gradients are those of all: their norms for the logs, and histograms where they are due.
GradientObserver TrainingLoop::gradient_observer() {
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

FaultReport TrainingLoop::share_findings(const std::vector<Finding>& findings) const {
  const FaultScene scene{.recipe = *run_.recipe,
                         .source = *run_.sampler,
                         .system = run_.config().recipe,
                         .run = request_.run_directory,
                         .files = run_.store.files()};
  return share_faults(findings, run_.completed, scene, ranks_);
}

/// Ends the run, goes back to the newest checkpoint, or returns where a step is skipped. Collective.
void TrainingLoop::handle_findings(const std::vector<Finding>& findings) {
  const FaultReport report = share_findings(findings);
  const FaultPolicy policy = run_.config().faults.on_nonfinite;
  if (policy == FaultPolicy::kRollback) roll_back(report);
  const std::string text = report.text(ranks_.world_size());
  if (policy == FaultPolicy::kStop || !report.of_episodes_alone()) {
    finish_saving();
    throw NonFiniteError(text);
  }
  if (ranks_.rank() == 0) spdlog::warn("{}\nthe step is skipped", text);
}

void TrainingLoop::roll_back(const FaultReport& report) {
  finish_saving();
  std::string end;
  on_rank_zero(ranks_, "record a roll-back", [&] {
    run_.store.require_newest(run_.identity.incarnation);
    std::vector<RollBack> roll_backs = read_roll_backs(request_.run_directory);
    roll_backs.push_back(next_roll_back(roll_backs, report));
    add_roll_back(request_.run_directory, roll_backs.back(), run_.store.files());
    if (roll_backs.back().gave_up) end = why_it_gave_up(roll_backs, ranks_.world_size());
  });
  end = ranks_.broadcast(end, 0, "agree on a roll-back");
  if (!end.empty()) throw ConfigError(end);
  throw GoBack(report.text(ranks_.world_size()));
}

/// What the last step left: finite on every rank, and the same on all. A checkpoint is never written of anything else.
void TrainingLoop::check_state() {
  if (std::exchange(checked_, run_.completed) == run_.completed) return;
  NamedTensors state = run_.recipe->state();
  for (auto& item : run_.engine->optimizer_state()) state.push_back(std::move(item));
  std::vector<Finding> findings;
  if (const auto wrong = first_unsound(state)) findings.push_back({*wrong, std::nullopt});
  const bool unsound =
      ranks_.all_reduce(findings.empty() ? 0 : 1, Reduction::kMax, "agree that weights are finite") != 0;
  if (unsound) handle_findings(findings);
  if (run_.config().faults.drift_every == 0) return;
  const std::optional<Drift> drift = find_drift(state, ranks_);
  if (!drift) return;
  if (std::count(drift->ranks.begin(), drift->ranks.end(), ranks_.rank()) > 0)
    findings.push_back({describe(*drift, state), std::nullopt});
  const FaultReport report = share_findings(findings);
  if (run_.config().faults.on_nonfinite == FaultPolicy::kRollback) roll_back(report);
  finish_saving();
  // A cluster's error: `launch` goes on from the newest checkpoint, whose replicas were equal.
  throw ClusterError(report.text(ranks_.world_size()));
}

/// @returns  whether this is one of the best checkpoints of its phase; nothing when the ranks agreed to stop
std::optional<bool> TrainingLoop::validate() {
  const auto began = Clock::now();
  const std::optional<std::vector<Term>> means = run_.validator->run(*run_.recipe, context_);
  note_span(RunSpan::kValidating, began);
  if (!means) return std::nullopt;
  const std::string phase = run_.recipe->phase(run_.completed - 1);
  const auto deciding = std::find_if(
      means->begin(), means->end(), [&](const Term& t) { return t.first == run_.config().validation.metric; });
  if (deciding == means->end()) {
    std::vector<std::string> names = run_.recipe->validation_metrics();
    throw ConfigError(fmt::format("validation.metric = \"{}\": recipe {} has {}",
                                  run_.config().validation.metric,
                                  run_.config().recipe,
                                  fmt::join(names, ", ")));
  }
  run_.stopping->observe(phase, run_.completed, deciding->second);
  run_.finished = run_.stopping->should_stop();
  if (ranks_.rank() == 0) {
    run_.metrics->append(validation_line(run_.completed, phase, run_.validator->episodes(), *means));
    run_.events->add_scalars("validation/", *means, run_.completed, wall_clock());
    run_.monitor->validated(run_.completed, *means);
  }
  const auto best = run_.stopping->best().find(phase);
  return best != run_.stopping->best().end() &&
         std::find(best->second.begin(), best->second.end(), run_.completed) != best->second.end();
}

/// @returns  false when rank 0, which draws alone, was asked to stop meanwhile
bool TrainingLoop::draw_samples() {
  const Heartbeat::Mark mark(context_.heartbeat, Section::kSamples);
  const auto began = Clock::now();
  std::int64_t stopped = 0;
  on_rank_zero(ranks_, "draw sample pictures", [&] { stopped = write_samples() ? 0 : 1; });
  note_span(RunSpan::kSampling, began);
  return ranks_.all_reduce(stopped, Reduction::kMax, "agree to go on after sample pictures") == 0;
}

bool TrainingLoop::write_samples() const {
  std::vector<Picture> pictures;
  const std::int64_t rows = std::min(kSampleRows, run_.validator->episodes());
  for (std::int64_t i = 0; i < rows; ++i) {
    if (context_.stop_requested()) return false;
    for (Picture& picture : run_.recipe->sample_pictures(run_.validator->episode(i)))
      pictures.push_back(std::move(picture));
    context_.heartbeat.beat();
  }
  if (pictures.empty()) return true;
  const int columns = static_cast<int>(std::ssize(pictures) / rows);
  const fs::path file = request_.run_directory / "samples" / (checkpoint_name(run_.completed) + ".png");
  make_folders(run_.store.files(), file.parent_path());
  const Picture grid = picture_grid(pictures, columns);
  write_png(file, grid, run_.store.files());
  run_.events->add_picture("samples", grid, run_.completed, wall_clock());
  return true;
}

/// Rank 0's word, before an iteration, on whether a checkpoint is due after it.
bool TrainingLoop::wants_save() {
  if (ranks_.rank() != 0 || !run_.schedule->due(run_.completed + 1, Clock::now())) return false;
  const bool skip = run_.config().checkpoints.when_busy == BusySave::kSkip && skipped_saves_ < kMostSkippedSaves;
  if (!skip || !run_.saver->busy()) return true;
  ++skipped_saves_;
  spdlog::warn("the checkpoint of iteration {} is skipped: an older one is still being written", run_.completed + 1);
  return false;
}

void TrainingLoop::save() {
  if (run_.saved == run_.completed) return;
  check_state();
  const Heartbeat::Mark mark(context_.heartbeat, Section::kSave);
  const auto began = Clock::now();
  run_.saver->finish();
  CheckpointOrder order{.iteration = run_.completed};
  if (ranks_.rank() == 0)
    order = order_checkpoint(run_.identity, run_.state(), *run_.metrics, *run_.events, run_.config());
  run_.saver->begin(std::move(order));
  run_.saved = run_.completed;
  skipped_saves_ = 0;
  if (run_.monitor) run_.monitor->saving(run_.completed);
  if (run_.schedule) run_.schedule->saved(Clock::now(), seconds_between(began, Clock::now()), run_.saver->seconds());
  note_span(RunSpan::kSaving, began);
}

void TrainingLoop::finish_saving() {
  const Heartbeat::Mark mark(context_.heartbeat, Section::kSave);
  const auto began = Clock::now();
  run_.saver->finish();
  note_span(RunSpan::kSaving, began);
}

void TrainingLoop::note_span(RunSpan span, Clock::time_point began) {
  if (run_.timing) run_.timing->spent(span, seconds_between(began, Clock::now()), run_.completed);
}

void TrainingLoop::note_end(StartEnd end, const std::string& message) const {
  if (!run_.timing) return;
  try {
    run_.timing->ended(end, message, run_.completed);
    run_.monitor->ended(message);
  } catch (const FileError& error) {
    spdlog::warn("{}", error.what());  // what ended the run is the error to tell
  }
}

Outcome train_one_start(const TrainRequest& request, const RankContext& context) {
  const auto run = open_run(request, context);
  TrainingLoop loop(request, context, *run);
  try {
    Outcome outcome = loop.train_until_the_end();
    loop.note_end(outcome.code == ExitCode::kDone ? StartEnd::kDone : StartEnd::kRunAgain, outcome.message);
    return outcome;
  } catch (const SupersededError&) {
    throw;  // the run's files belong to the later start
  } catch (const std::exception& error) {
    loop.note_end(StartEnd::kFailed, error.what());
    throw;
  }
}

}  // namespace

Outcome train(const TrainRequest& request, const RankContext& context) {
  keep_tensor_memory();
  TrainRequest again = request;
  for (;;) {
    try {
      return train_one_start(again, context);
    } catch (const GoBack& error) {
      if (context.ranks.rank() == 0) spdlog::warn("{}\ngoing back to the newest checkpoint", error.what());
      again.fresh = false;  // what is there now is the run's own
    }
  }
}

}  // namespace understudy
