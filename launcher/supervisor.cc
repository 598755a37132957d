#include "launcher/supervisor.h"

#include <algorithm>
#include <csignal>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "checkpoints/store.h"
#include "common/errors.h"
#include "common/exit_codes.h"
#include "launcher/rank_start.h"
#include "launcher/run_end.h"
#include "launcher/slurm_job.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kLongestBackOff = std::chrono::minutes(1);

std::int64_t newest_checkpoint(const fs::path& run_directory) {
  const std::vector<std::int64_t> iterations = CheckpointStore(run_directory).list();
  return iterations.empty() ? 0 : iterations.back();
}

/// A run over all its starts.
class Supervision {
 public:
  Supervision(const LaunchOptions& options, const std::vector<std::string>& command)
      : options_(options),
        command_(command),
        job_(SlurmJob::current()),
        starter_(choose_starter(options.starter)),
        memory_{
            .watchdog = Watchdog(options.hang), .wall_time = WallTime(job_), .history = History(options.run_directory)},
        nodes_(job_ && options.hosts.empty() ? job_->nodes() : options.hosts) {
    ranks_of_a_node_ = nodes_.empty() ? options.ranks : spread(options.ranks, static_cast<int>(nodes_.size())).front();
  }

  int run();

 private:
  Placement placement() const;
  EndReport start_once();
  bool leave_out(const EndReport& end);
  bool back_off(int without_progress);
  int leave(const EndReport& end) const;

  const LaunchOptions& options_;
  const std::vector<std::string>& command_;
  std::optional<SlurmJob> job_;
  Starter starter_;
  RunMemory memory_;
  SignalQueue signals_;
  std::vector<std::string> nodes_;  ///< that are left; empty: mpirun's own choice
  int ranks_of_a_node_ = 1;
};

int Supervision::run() {
  int without_progress = 0;
  while (true) {
    const std::int64_t before = newest_checkpoint(options_.run_directory);
    const EndReport end = start_once();
    if (!may_restart(end.end) || memory_.stop != StopReason::kNone) return leave(end);
    without_progress = newest_checkpoint(options_.run_directory) > before ? 0 : without_progress + 1;
    if (without_progress > options_.max_restarts) {
      spdlog::error("giving up: {} starts in a row ended without a newer checkpoint, the last one: {}",
                    without_progress,
                    end.message);
      return leave(end);
    }
    if (!leave_out(end) || !back_off(without_progress)) return leave(end);
  }
}

Placement Supervision::placement() const {
  Placement placement{options_.ranks, nodes_};
  if (!nodes_.empty()) placement.ranks = std::min(options_.ranks, ranks_of_a_node_ * static_cast<int>(nodes_.size()));
  return placement;
}

EndReport Supervision::start_once() {
  std::error_code error;
  fs::remove(options_.run_directory / kOutcomeName, error);
  if (error)
    throw FileError(
        fmt::format("cannot remove the former outcome of {}: {}", options_.run_directory.string(), error.message()));
  const Placement where = placement();
  memory_.history.started({where.ranks, where.nodes, newest_checkpoint(options_.run_directory)});
  const auto began = Clock::now();
  RankStart start(
      options_, starter_arguments(starter_, options_.starter, where, command_, ::geteuid() == 0), signals_, memory_);
  const EndEvidence evidence = start.wait_for_end();
  const EndReport end = classify(evidence);
  std::int64_t reached = 0;
  for (const RankStatus& rank : evidence.ranks) reached = std::max(reached, rank.iteration + 1);
  memory_.history.ended({end,
                         std::chrono::duration<double>(Clock::now() - began).count(),
                         reached,
                         newest_checkpoint(options_.run_directory)},
                        start.stacks_file());
  const auto level = may_restart(end.end) ? spdlog::level::err : spdlog::level::info;
  spdlog::log(level, "run ended, {}: {}", name_of(end.end), end.message);
  return end;
}

/// Goes on without a node that was lost. @returns  false when too few are left
bool Supervision::leave_out(const EndReport& end) {
  if (end.end != RunEnd::kLostNode || !end.rank || nodes_.empty()) return true;
  std::erase(nodes_, end.rank->node);
  const int least = options_.min_ranks > 0 ? options_.min_ranks : options_.ranks;
  const int left = ranks_of_a_node_ * static_cast<int>(nodes_.size());
  if (!nodes_.empty() && left >= least) {
    spdlog::warn("going on without node {}, with {} ranks", end.rank->node, std::min(options_.ranks, left));
    return true;
  }
  spdlog::error(
      "node {} is lost; {} ranks fit on the others, at least {} are wanted (--min-ranks)", end.rank->node, left, least);
  return false;
}

/// Waits longer from one vain start to the next, and not at all after progress. @returns  false when a signal asked for
/// the end meanwhile
bool Supervision::back_off(int without_progress) {
  auto pause = std::chrono::milliseconds(0);
  if (without_progress > 1) {
    const int doublings = std::min(without_progress - 2, 16);
    pause = std::min<std::chrono::milliseconds>(options_.back_off * (1 << doublings), kLongestBackOff);
  }
  spdlog::warn("starting again{}",
               pause.count() > 0 ? fmt::format(" in {:.1f} s", static_cast<double>(pause.count()) / 1e3) : "");
  const auto until = Clock::now() + pause;
  while (Clock::now() < until) {
    pollfd event{signals_.descriptor(), POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    ::poll(&event, 1, static_cast<int>(std::max<std::int64_t>(1, left.count())));
    while (const auto signal = signals_.next()) {
      if (*signal == SIGCHLD) continue;
      memory_.stop = *signal == SIGINT ? StopReason::kUser : StopReason::kSystem;
      return false;
    }
  }
  return true;
}

/// The exit code, and the job's way back into the queue if it has one.
int Supervision::leave(const EndReport& end) const {
  ExitCode code = exit_code_of(end.end);
  // New nodes may do what these cannot; there is a checkpoint to go on from.
  const bool saved = newest_checkpoint(options_.run_directory) > 0;
  if (end.end == RunEnd::kLostNode && saved && options_.requeue != Requeue::kNone) code = ExitCode::kRunAgain;
  if (code != ExitCode::kRunAgain) return static_cast<int>(code);
  // SLURM may take 75 for a wish to come back, whatever was asked for (RequeueExit).
  if (end.end == RunEnd::kUserInterrupt && job_) return static_cast<int>(ExitCode::kDone);
  switch (options_.requeue) {
    case Requeue::kNone:
    case Requeue::kExitCode:
      break;
    case Requeue::kChain:
      return static_cast<int>(ExitCode::kDone);
    case Requeue::kScontrol:
      // A job that is being cancelled must not come back.
      if (job_ && job_->state() == "RUNNING") job_->requeue();
      break;
  }
  return static_cast<int>(code);
}

}  // namespace

int supervise(const LaunchOptions& options, const std::vector<std::string>& command) {
  if (options.ranks < 1) throw ConfigError(fmt::format("--ranks {}: at least one rank is needed", options.ranks));
  if (options.min_ranks > options.ranks)
    throw ConfigError(fmt::format("--min-ranks {} is more than --ranks {}", options.min_ranks, options.ranks));
  if (command.empty()) throw ConfigError("nothing to launch; give a command after --, such as train run.toml");
  return Supervision(options, command).run();
}

}  // namespace understudy
