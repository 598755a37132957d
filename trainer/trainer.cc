#include "trainer/trainer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "common/log.h"
#include "data_pipeline/picture_grid.h"
#include "trainer/faults/fault_response.h"
#include "trainer/memory_pool.h"
#include "trainer/open_run.h"
#include "trainer/saving/run_saving.h"
#include "trainer/watching/iteration_log.h"

namespace understudy {
namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

/// Episodes of a picture of samples.
constexpr std::int64_t kSampleRows = 4;

double seconds_between(Clock::time_point a, Clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

/// An open run, iteration after iteration to its end.
class TrainingLoop {
 public:
  TrainingLoop(const TrainRequest& request, const RankContext& context, OpenRun& run)
      : request_(request),
        context_(context),
        ranks_(context.ranks),
        run_(run),
        saving_(context, run),
        faults_(context, run, saving_),
        log_(context, run) {}

  Outcome train_until_the_end();
  /// Has the time book know how this start ended, if it can still be written.
  void note_end(StartEnd end, const std::string& message) const;

 private:
  bool one_iteration();
  void note_what_is_due();
  bool do_what_is_due(bool stop);
  std::optional<bool> validate();
  bool draw_samples();
  bool write_samples() const;
  void save();

  const TrainRequest& request_;
  const RankContext& context_;
  Communicator& ranks_;
  OpenRun& run_;
  RunSaving saving_;
  FaultResponse faults_;
  IterationLog log_;
  bool save_requested_ = false;  ///< by the iteration just finished
};

Outcome TrainingLoop::train_until_the_end() {
  const Iteration end = last_iteration(request_, run_.config());
  bool stop = run_.due.any() && do_what_is_due(false);
  while (run_.completed < end && !run_.finished && !stop) {
    stop = one_iteration();
    const std::int64_t every = run_.config().faults.drift_every;
    if (every > 0 && run_.completed % every == 0) faults_.check_state();
    note_what_is_due();
    stop = do_what_is_due(stop);
  }
  save();
  saving_.finish();
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
                                              .save = saving_.wants_save(),
                                              .save_failed = run_.saver->failed(),
                                              .news = run_.saver->take_news()},
                                             log_.observer());
  if (ranks_.rank() == 0) run_.saver->hear(report.news);
  if (report.save_failed) saving_.finish();
  save_requested_ = report.save_requested;
  if (!report.stepped) faults_.handle(report.findings);
  context_.heartbeat.end_iteration();
  log_.add(report, seconds_between(start, Clock::now()), seconds_between(start, loaded));
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

/// @returns  whether this is one of the best checkpoints of its phase; nothing when the ranks agreed to stop
std::optional<bool> TrainingLoop::validate() {
  const auto began = Clock::now();
  const std::optional<std::vector<Term>> means = run_.validator->run(*run_.recipe, context_);
  run_.spent(RunSpan::kValidating, Clock::now() - began);
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
  run_.spent(RunSpan::kSampling, Clock::now() - began);
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

void TrainingLoop::save() {
  if (run_.saved == run_.completed) return;
  const auto began = Clock::now();
  faults_.check_state();
  saving_.begin(began);
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
  } catch (const GoBack& error) {
    loop.note_end(StartEnd::kWentBack, error.what());
    throw;
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
    } catch (const ChangedMeanwhile& error) {
      if (context.ranks.rank() == 0) spdlog::warn("{}\nopening it again", error.what());
    } catch (const GoBack& error) {
      if (context.ranks.rank() == 0) spdlog::warn("{}\ngoing back to the newest checkpoint", error.what());
      again.fresh = false;  // what is there now is the run's own
    }
  }
}

}  // namespace understudy
