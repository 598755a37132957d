#include "launcher/rank_start.h"

#include <algorithm>
#include <csignal>

#include <fmt/format.h>
#include <poll.h>

#include "clusters/outcome.h"
#include "common/atomic_file.h"
#include "common/log.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kLookEvery = std::chrono::milliseconds(250);
/// For the stacks of a run that hangs.
constexpr auto kStacksPatience = std::chrono::milliseconds(1500);

/// What ranks find in their environment. Their log goes through the starter to this terminal, where there is one.
std::vector<std::string> variables_for_ranks(const SupervisorAddress& supervisor) {
  std::vector<std::string> variables{fmt::format("{}={}", kSupervisorVariable, to_text(supervisor))};
  if (const int columns = terminal_columns(); columns > 0)
    variables.push_back(fmt::format("{}={}", kLiveLineVariable, columns));
  return variables;
}

}  // namespace

RankStart::RankStart(const LaunchOptions& options,
                     const std::vector<std::string>& starter_arguments,
                     const SignalQueue& signals,
                     RunMemory& memory)
    : options_(options),
      signals_(signals),
      memory_(memory),
      starter_(starter_arguments, variables_for_ranks(watch_.address()), signals.former()) {
  if (memory_.stop != StopReason::kNone) watch_.tell_all(AttendantCommand::kStop);
}

EndEvidence RankStart::wait_for_end() {
  while (!starter_.ended()) {
    wait_for_news(kLookEvery);
    act_on_signals();
    watch_.read();
    memory_.history.flush();
    look_for_hangs();
    look_for_ends();
    if (memory_.wall_time.is_up(memory_.watchdog) && memory_.stop == StopReason::kNone)
      ask_to_stop(StopReason::kTimeLimit, "the wall time of the job is nearly up");
    if (end_by_ && Clock::now() > *end_by_) {
      // srun leaves its tasks behind when it is killed; their attendants do not.
      watch_.tell_all(AttendantCommand::kKill);
      starter_.send(SIGKILL);
    }
  }
  watch_.read();
  EndEvidence evidence{.starter_code = *starter_.ended(),
                       .outcome = read_outcome(options_.run_directory / kOutcomeName),
                       .ranks = watch_.last_words(),
                       .ended_in_order = watch_.ended_badly(),
                       .hang = hang_,
                       .stop = memory_.stop};
  // A rank of a former start that was cut off may have had the last word.
  if (evidence.outcome && !evidence.outcome->start.empty() && evidence.outcome->start != watch_.address().token)
    evidence.outcome.reset();
  return evidence;
}

void RankStart::wait_for_news(std::chrono::milliseconds patience) {
  std::vector<pollfd> events{{signals_.descriptor(), POLLIN, 0}};
  watch_.add_descriptors(events);
  ::poll(events.data(), events.size(), static_cast<int>(patience.count()));
}

void RankStart::act_on_signals() {
  while (const auto signal = signals_.next()) {
    if (*signal == SIGCHLD) continue;
    if (*signal != SIGINT) {
      ask_to_stop(StopReason::kSystem, fmt::format("signal {} came", *signal));
    } else if (++memory_.interrupts == 1) {
      ask_to_stop(StopReason::kUser, "interrupted; interrupt again to end the ranks at once");
    } else {
      spdlog::warn("interrupted again: ending the ranks at once");
      end_all();
    }
  }
}

void RankStart::ask_to_stop(StopReason reason, std::string_view why) {
  if (memory_.stop == StopReason::kNone) {
    spdlog::info("{}: asking the ranks to save and leave", why);
    memory_.stop = reason;
  }
  // A user who interrupts wants no requeue, whatever was asked before.
  if (reason == StopReason::kUser) memory_.stop = reason;
  watch_.tell_all(AttendantCommand::kStop);
}

void RankStart::look_for_hangs() {
  const std::vector<WatchedRank> ranks = watch_.ranks();
  for (const WatchedRank& rank : ranks) memory_.watchdog.learn(rank.status);
  if (hang_ || end_by_) return;
  hang_ = memory_.watchdog.judge(ranks);
  if (!hang_) return;
  spdlog::error("the run hangs: {}", hang_->message);
  watch_.tell_all(AttendantCommand::kStacks);
  const auto deadline = Clock::now() + kStacksPatience;
  while (Clock::now() < deadline && watch_.stacks().size() < ranks.size()) {
    wait_for_news(kLookEvery);
    watch_.read();
  }
  write_stacks();
  end_all();
}

/// Ranks whose peer has ended wait for it; mpirun and srun end them, unless they fail to.
void RankStart::look_for_ends() {
  if (!end_by_ && !watch_.ended_badly().empty()) end_by_ = Clock::now() + options_.grace;
}

void RankStart::end_all() {
  watch_.tell_all(AttendantCommand::kKill);
  starter_.send(SIGTERM);
  end_by_ = Clock::now() + options_.grace;
}

void RankStart::write_stacks() {
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

}  // namespace understudy
