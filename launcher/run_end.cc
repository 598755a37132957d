#include "launcher/run_end.h"

#include <algorithm>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

namespace understudy {
namespace {

/// An orderly stop. Signals may have come to the ranks themselves, without a word to this process.
RunEnd end_after_stop(const EndEvidence& evidence) {
  const bool interrupted = std::any_of(
      evidence.ranks.begin(), evidence.ranks.end(), [](const RankStatus& rank) { return rank.stop_signal == SIGINT; });
  if (evidence.stop == StopReason::kUser || (evidence.stop == StopReason::kNone && interrupted))
    return RunEnd::kUserInterrupt;
  return evidence.stop == StopReason::kTimeLimit ? RunEnd::kTimeLimit : RunEnd::kPreempted;
}

/// What a rank's own words say; nothing where they only tell of what happened to another rank.
std::optional<RunEnd> end_from_cause(EndCause cause) {
  switch (cause) {
    case EndCause::kConfig:
      return RunEnd::kConfigError;
    case EndCause::kData:
    case EndCause::kFileSystem:
      return RunEnd::kDataError;
    case EndCause::kNotFinite:
      return RunEnd::kNotFinite;
    case EndCause::kOutOfMemory:
      return RunEnd::kOutOfMemory;
    case EndCause::kSuperseded:
      return RunEnd::kSuperseded;
    case EndCause::kStorage:
    case EndCause::kDefect:
      return RunEnd::kCrashed;
    case EndCause::kNone:
    case EndCause::kCluster:
      return std::nullopt;
  }
  return std::nullopt;
}

const RankStatus* find_rank(const std::vector<RankStatus>& ranks, int number) {
  const auto found = std::find_if(ranks.begin(), ranks.end(), [&](const RankStatus& r) { return r.rank == number; });
  return found == ranks.end() ? nullptr : &*found;
}

bool is_fault(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL || signal == SIGABRT;
}

EndReport from_end_of_rank(const RankStatus& rank) {
  const RankEnd& end = *rank.end;
  if (end.signal == 0 && end.exit_code == static_cast<int>(ExitCode::kUsage))
    return {RunEnd::kConfigError, rank, "refused; see the message above"};
  if (end.signal == 0)
    return {RunEnd::kCrashed, rank, fmt::format("{}; its own message is in the log", describe(rank))};
  if (end.out_of_memory)
    return {
        RunEnd::kOutOfMemory, rank, describe(rank) + ": the system ended it for want of memory; see docs/clusters.md"};
  if (is_fault(end.signal))
    return {RunEnd::kCrashed, rank, fmt::format("{} ({})", describe(rank), strsignal(end.signal))};
  return {RunEnd::kKilled, rank, fmt::format("{} ({})", describe(rank), strsignal(end.signal))};
}

/// Ranks of which nothing is known but that they are gone.
std::vector<const RankStatus*> vanished(const EndEvidence& evidence) {
  std::vector<const RankStatus*> gone;
  for (const RankStatus& rank : evidence.ranks) {
    if (!rank.end) gone.push_back(&rank);
  }
  return gone;
}

}  // namespace

std::string_view name_of(RunEnd end) {
  switch (end) {
    case RunEnd::kDone:
      return "done";
    case RunEnd::kTimeLimit:
      return "time limit";
    case RunEnd::kPreempted:
      return "preempted";
    case RunEnd::kUserInterrupt:
      return "user interrupt";
    case RunEnd::kConfigError:
      return "configuration error";
    case RunEnd::kDataError:
      return "data error";
    case RunEnd::kNotFinite:
      return "not finite";
    case RunEnd::kOutOfMemory:
      return "out of memory";
    case RunEnd::kKilled:
      return "killed";
    case RunEnd::kCrashed:
      return "crashed";
    case RunEnd::kLostNode:
      return "lost node";
    case RunEnd::kHang:
      return "hang";
    case RunEnd::kSuperseded:
      return "superseded";
    case RunEnd::kNotStarted:
      return "not started";
  }
  return "";
}

EndReport classify(const EndEvidence& evidence) {
  if (evidence.outcome && evidence.outcome->code == ExitCode::kDone)
    return {RunEnd::kDone, std::nullopt, evidence.outcome->message};
  if (evidence.outcome && evidence.outcome->code == ExitCode::kRunAgain)
    return {end_after_stop(evidence), std::nullopt, evidence.outcome->message};
  if (evidence.hang) {
    const RankStatus* guilty =
        evidence.hang->guilty.empty() ? nullptr : find_rank(evidence.ranks, evidence.hang->guilty.front());
    return {evidence.hang->lost ? RunEnd::kLostNode : RunEnd::kHang,
            guilty == nullptr ? std::nullopt : std::optional(*guilty),
            evidence.hang->message};
  }
  if (evidence.outcome) {
    if (const auto end = end_from_cause(evidence.outcome->cause)) {
      const RankStatus* rank = find_rank(evidence.ranks, evidence.outcome->rank);
      return {*end, rank == nullptr ? std::nullopt : std::optional(*rank), evidence.outcome->message};
    }
  }
  if (evidence.outcome && evidence.outcome->code == ExitCode::kUsage)
    return {RunEnd::kConfigError, std::nullopt, evidence.outcome->message};
  if (!evidence.ended_in_order.empty()) {
    if (const RankStatus* first = find_rank(evidence.ranks, evidence.ended_in_order.front()))
      return from_end_of_rank(*first);
  }
  if (const auto gone = vanished(evidence); !gone.empty()) {
    return {RunEnd::kLostNode,
            *gone.front(),
            fmt::format("{} rank(s) vanished without a word, {} among them", gone.size(), describe(*gone.front()))};
  }
  if (evidence.outcome) return {RunEnd::kCrashed, std::nullopt, evidence.outcome->message};
  if (evidence.ranks.empty()) {
    // A command that ends before there is a run, with a wrong option for instance, has only its exit code.
    const auto code = static_cast<ExitCode>(evidence.starter_code);
    if (code == ExitCode::kDone) return {RunEnd::kDone, std::nullopt, "done"};
    if (code == ExitCode::kUsage) return {RunEnd::kConfigError, std::nullopt, "refused; see the message above"};
    return {RunEnd::kNotStarted,
            std::nullopt,
            fmt::format("no rank came to life; mpirun or srun ended with code {}", evidence.starter_code)};
  }
  return {RunEnd::kCrashed,
          std::nullopt,
          fmt::format("the ranks ended without an outcome, code {}", evidence.starter_code)};
}

bool may_restart(RunEnd end) {
  switch (end) {
    case RunEnd::kOutOfMemory:
    case RunEnd::kKilled:
    case RunEnd::kCrashed:
    case RunEnd::kLostNode:
    case RunEnd::kHang:
    case RunEnd::kNotStarted:
      return true;
    case RunEnd::kDone:
    case RunEnd::kTimeLimit:
    case RunEnd::kPreempted:
    case RunEnd::kUserInterrupt:
    case RunEnd::kConfigError:
    case RunEnd::kDataError:
    case RunEnd::kNotFinite:
    case RunEnd::kSuperseded:
      return false;
  }
  return false;
}

ExitCode exit_code_of(RunEnd end) {
  switch (end) {
    case RunEnd::kDone:
      return ExitCode::kDone;
    case RunEnd::kTimeLimit:
    case RunEnd::kPreempted:
    case RunEnd::kUserInterrupt:
      return ExitCode::kRunAgain;
    case RunEnd::kConfigError:
    case RunEnd::kDataError:
    case RunEnd::kSuperseded:
      return ExitCode::kUsage;
    case RunEnd::kNotFinite:
    case RunEnd::kOutOfMemory:
    case RunEnd::kKilled:
    case RunEnd::kCrashed:
    case RunEnd::kLostNode:
    case RunEnd::kHang:
    case RunEnd::kNotStarted:
      return ExitCode::kInternal;
  }
  return ExitCode::kInternal;
}

}  // namespace understudy
