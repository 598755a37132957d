#include "launcher/supervisor.h"

#include <algorithm>
#include <csignal>
#include <ctime>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "checkpoints/store.h"
#include "clusters/outcome.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/exit_codes.h"
#include "launcher/child_process.h"
#include "launcher/history.h"
#include "launcher/rank_watch.h"
#include "launcher/run_end.h"
#include "launcher/slurm_job.h"
#include "launcher/wall_time.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kLookEveryMs = 250;
/// For the stacks of a run that hangs.
constexpr auto kStacksPatience = std::chrono::milliseconds(1500);
constexpr auto kLongestBackOff = std::chrono::minutes(1);

/// What was asked of the run, over all its starts.
struct Wishes {
  StopReason stop = StopReason::kNone;
  int interrupts = 0;
};

std::int64_t newest_checkpoint(const fs::path& run_directory) {
  const std::vector<std::int64_t> iterations = CheckpointStore(run_directory).list();
  return iterations.empty() ? 0 : iterations.back();
}

/// One start of the ranks, from mpirun or srun to its end.
class Start {
 public:
  Start(const LaunchOptions& options,
        Starter starter,
        const Placement& placement,
        const std::vector<std::string>& command,
        const SignalQueue& signals,
        Watchdog& watchdog,
        WallTime& wall_time,
        History& history,
        Wishes& wishes)
      : options_(options),
        signals_(signals),
        watchdog_(watchdog),
        wall_time_(wall_time),
        history_(history),
        wishes_(wishes),
        starter_(starter_arguments(starter, options.starter, placement, command, ::geteuid() == 0),
                 {fmt::format("{}={}", kSupervisorVariable, to_text(watch_.address()))},
                 signals.former()) {
    if (wishes_.stop != StopReason::kNone) watch_.tell_all(AttendantCommand::kStop);
  }

  EndEvidence wait_for_end();
  /// Where the stacks of a run that hung were written, relative to the run directory; empty when there are none.
  const std::string& stacks_file() const { return stacks_file_; }

 private:
  void wait_for_news(std::chrono::milliseconds patience);
  void act_on_signals();
  void ask_to_stop(StopReason reason, std::string_view why);
  void look_for_hangs();
  void look_for_ends();
  void end_all();
  void write_stacks();

  const LaunchOptions& options_;
  const SignalQueue& signals_;
  Watchdog& watchdog_;
  WallTime& wall_time_;
  History& history_;
  Wishes& wishes_;
  RankWatch watch_;
  ChildProcess starter_;
  std::optional<HangFinding> hang_;
  std::optional<Clock::time_point> end_by_;  ///< when mpirun or srun is ended by force
  std::string stacks_file_;
};

EndEvidence Start::wait_for_end() {
  while (!starter_.ended()) {
    wait_for_news(std::chrono::milliseconds(kLookEveryMs));
    act_on_signals();
    watch_.read();
    history_.flush();
    look_for_hangs();
    look_for_ends();
    if (wall_time_.is_up(watchdog_) && wishes_.stop == StopReason::kNone)
      ask_to_stop(StopReason::kTimeLimit, "the wall time of the job is nearly up");
    if (end_by_ && Clock::now() > *end_by_) starter_.send(SIGKILL);
  }
  watch_.read();
  EndEvidence evidence{.starter_code = *starter_.ended(),
                       .outcome = read_outcome(options_.run_directory / "outcome.json"),
                       .ranks = watch_.last_words(),
                       .ended_in_order = watch_.ended_badly(),
                       .hang = hang_,
                       .stop = wishes_.stop};
  // A rank of a former start that was cut off may have had the last word.
  if (evidence.outcome && !evidence.outcome->start.empty() && evidence.outcome->start != watch_.address().token)
    evidence.outcome.reset();
  return evidence;
}

void Start::wait_for_news(std::chrono::milliseconds patience) {
  std::vector<pollfd> events{{signals_.descriptor(), POLLIN, 0}};
  watch_.add_descriptors(events);
  ::poll(events.data(), events.size(), static_cast<int>(patience.count()));
}

void Start::act_on_signals() {
  while (const auto signal = signals_.next()) {
    if (*signal == SIGCHLD) continue;
    if (*signal != SIGINT) {
      ask_to_stop(StopReason::kSystem, fmt::format("signal {} came", *signal));
    } else if (++wishes_.interrupts == 1) {
      ask_to_stop(StopReason::kUser, "interrupted; interrupt again to end the ranks at once");
    } else {
      spdlog::warn("interrupted again: ending the ranks at once");
      end_all();
    }
  }
}

void Start::ask_to_stop(StopReason reason, std::string_view why) {
  if (wishes_.stop == StopReason::kNone) {
    spdlog::info("{}: asking the ranks to save and leave", why);
    wishes_.stop = reason;
  }
  // A user who interrupts wants no requeue, whatever was asked before.
  if (reason == StopReason::kUser) wishes_.stop = reason;
  watch_.tell_all(AttendantCommand::kStop);
}

void Start::look_for_hangs() {
  const std::vector<WatchedRank> ranks = watch_.ranks();
  for (const WatchedRank& rank : ranks) watchdog_.learn(rank.status);
  if (hang_ || end_by_) return;
  hang_ = watchdog_.judge(ranks);
  if (!hang_) return;
  spdlog::error("the run hangs: {}", hang_->message);
  watch_.tell_all(AttendantCommand::kStacks);
  const auto deadline = Clock::now() + kStacksPatience;
  while (Clock::now() < deadline && watch_.stacks().size() < ranks.size()) {
    wait_for_news(std::chrono::milliseconds(kLookEveryMs));
    watch_.read();
  }
  write_stacks();
  end_all();
}

/// Ranks whose peer has ended wait for it; mpirun and srun end them, unless they fail to.
void Start::look_for_ends() {
  if (!end_by_ && !watch_.ended_badly().empty()) end_by_ = Clock::now() + options_.grace;
}

void Start::end_all() {
  watch_.tell_all(AttendantCommand::kKill);
  starter_.send(SIGTERM);
  end_by_ = Clock::now() + options_.grace;
}

void Start::write_stacks() {
  std::string text = hang_->message + "\n";
  for (const auto& [rank, stacks] : watch_.stacks()) text += fmt::format("\n== rank {}\n{}", rank, stacks);
  std::string name = fmt::format("failures/{}.txt", time_text());
  std::replace(name.begin(), name.end(), ':', '-');
  try {
    fs::create_directories(options_.run_directory / "failures");
    write_file_atomically(options_.run_directory / name, text);
    stacks_file_ = name;
    spdlog::error("stacks of {} ranks are in {}", watch_.stacks().size(), (options_.run_directory / name).string());
  } catch (const std::exception& error) {
    spdlog::warn("{}", error.what());
  }
}

/// A run over all its starts.
class Supervision {
 public:
  Supervision(const LaunchOptions& options, const std::vector<std::string>& command)
      : options_(options),
        command_(command),
        job_(SlurmJob::current()),
        starter_(choose_starter(options.starter)),
        wall_time_(job_),
        watchdog_(options.hang),
        history_(options.run_directory),
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
  WallTime wall_time_;
  Watchdog watchdog_;
  History history_;
  SignalQueue signals_;
  Wishes wishes_;
  std::vector<std::string> nodes_;  ///< that are left; empty: mpirun's own choice
  int ranks_of_a_node_ = 1;
};

int Supervision::run() {
  int without_progress = 0;
  while (true) {
    const std::int64_t before = newest_checkpoint(options_.run_directory);
    const EndReport end = start_once();
    if (!may_restart(end.end) || wishes_.stop != StopReason::kNone) return leave(end);
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
  fs::remove(options_.run_directory / "outcome.json", error);
  if (error)
    throw FileError(
        fmt::format("cannot remove the former outcome of {}: {}", options_.run_directory.string(), error.message()));
  const Placement where = placement();
  history_.started({where.ranks, where.nodes, newest_checkpoint(options_.run_directory)});
  const auto began = Clock::now();
  Start start(options_, starter_, where, command_, signals_, watchdog_, wall_time_, history_, wishes_);
  const EndEvidence evidence = start.wait_for_end();
  const EndReport end = classify(evidence);
  std::int64_t reached = 0;
  for (const RankStatus& rank : evidence.ranks) reached = std::max(reached, rank.iteration + 1);
  history_.ended({end,
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
      wishes_.stop = *signal == SIGINT ? StopReason::kUser : StopReason::kSystem;
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
