#include "launcher/supervisor.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clusters/outcome.h"
#include "common/errors.h"
#include "common/exit_codes.h"

namespace understudy {
namespace {

/// The signals that `supervise` waits for, blocked for its duration so that none is lost between two looks.
class BlockedSignals {
 public:
  BlockedSignals() {
    // A parent that ignores its children's ends would make ours vanish unseen.
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT, SIGUSR2, SIGCHLD}) sigaddset(&set_, signal);
    sigprocmask(SIG_BLOCK, &set_, &former_);
  }
  ~BlockedSignals() { sigprocmask(SIG_SETMASK, &former_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

  /// @return  the signal that came, nothing after `patience`
  std::optional<int> wait(std::chrono::milliseconds patience) const {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
    const timespec limit{seconds.count(), std::chrono::nanoseconds(patience - seconds).count()};
    const int signal = sigtimedwait(&set_, nullptr, &limit);
    return signal > 0 ? std::optional(signal) : std::nullopt;
  }
  const sigset_t& former() const { return former_; }

 private:
  sigset_t set_{};
  sigset_t former_{};
};

/// Runs in the child between fork and exec. mpirun gets a process group of its own, so that Ctrl-C at the terminal
/// reaches only the supervisor, ends with the supervisor, and ignores the stop request until it listens.
void become_mpirun(std::vector<char*>& arguments, const sigset_t& mask, pid_t supervisor, int failure_pipe) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != supervisor) _exit(1);
  signal(SIGUSR2, SIG_IGN);
  setenv("UNDERSTUDY_LAUNCHED", "1", 1);
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  execvp(arguments.front(), arguments.data());
  const int reason = errno;
  if (write(failure_pipe, &reason, sizeof reason) < 0) _exit(126);
  _exit(127);
}

pid_t start(std::vector<std::string> arguments, const sigset_t& mask) {
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  int failure_pipe[2];
  if (pipe2(failure_pipe, O_CLOEXEC) != 0) throw ClusterError(fmt::format("cannot make a pipe: {}", strerror(errno)));
  const pid_t supervisor = getpid();
  const pid_t child = fork();
  if (child == 0) become_mpirun(pointers, mask, supervisor, failure_pipe[1]);
  const int fork_failure = errno;
  close(failure_pipe[1]);
  int reason = 0;
  const bool failed = child > 0 && read(failure_pipe[0], &reason, sizeof reason) == sizeof reason;
  close(failure_pipe[0]);
  if (child < 0) throw ClusterError(fmt::format("cannot start a process: {}", strerror(fork_failure)));
  if (!failed) return child;
  waitpid(child, nullptr, 0);
  throw ConfigError(fmt::format(
      "cannot start {}: {}; install Open MPI (openmpi-bin) or name its mpirun", arguments.front(), strerror(reason)));
}

/// What was asked of the run by signals, over all its starts.
struct Wishes {
  bool stop = false;
  int interrupts = 0;
};

void act_on_signal(int signal, pid_t mpirun, Wishes& wishes) {
  if (signal == SIGINT && ++wishes.interrupts > 1) {
    spdlog::warn("interrupted again: ending the ranks at once");
    kill(mpirun, wishes.interrupts == 2 ? SIGTERM : SIGKILL);
    return;
  }
  if (!wishes.stop) spdlog::info("asking the ranks to save and end; interrupt again to end them at once");
  wishes.stop = true;
  kill(mpirun, SIGUSR2);
}

/// @return  the exit code of mpirun, 128 + signal when one ended it
int wait_for_end(pid_t mpirun, const BlockedSignals& signals, const LaunchOptions& options, Wishes& wishes) {
  while (true) {
    int status = 0;
    const pid_t ended = waitpid(mpirun, &status, WNOHANG);
    if (ended == mpirun && WIFEXITED(status)) return WEXITSTATUS(status);
    if (ended == mpirun && WIFSIGNALED(status)) return 128 + WTERMSIG(status);
    const std::optional<int> signal = signals.wait(options.repeat_stop);
    if (signal && *signal != SIGCHLD) act_on_signal(*signal, mpirun, wishes);
    if (!signal && wishes.stop && wishes.interrupts < 2) kill(mpirun, SIGUSR2);
  }
}

void remove_stale_outcome(const std::filesystem::path& file) {
  std::error_code error;
  std::filesystem::remove(file, error);
  if (error) throw FileError(fmt::format("cannot remove the former {}: {}", file.string(), error.message()));
}

bool is_final_code(int code) {
  return code == static_cast<int>(ExitCode::kDone) || code == static_cast<int>(ExitCode::kUsage) ||
         code == static_cast<int>(ExitCode::kRunAgain);
}

/// @return  the exit code of the run, nothing when it crashed
std::optional<int> judge(int mpirun_code, const std::filesystem::path& outcome_file) {
  if (const std::optional<Outcome> outcome = read_outcome(outcome_file)) {
    spdlog::info("run ended: {}", outcome->message);
    return static_cast<int>(outcome->code);
  }
  // A command that ends before there is a run, with a wrong option for instance, has only its exit code.
  if (is_final_code(mpirun_code)) return mpirun_code;
  return std::nullopt;
}

}  // namespace

std::vector<std::string> mpirun_arguments(const LaunchOptions& options,
                                          const std::vector<std::string>& command,
                                          bool is_root) {
  // More ranks than cores are allowed and none is bound to a core: threads a rank are the run's own choice.
  std::vector<std::string> arguments{options.mpirun,
                                     "-n",
                                     std::to_string(options.ranks),
                                     "--oversubscribe",
                                     "--bind-to",
                                     "none",
                                     "-x",
                                     "UNDERSTUDY_LAUNCHED"};
  if (is_root) arguments.emplace_back("--allow-run-as-root");
  arguments.insert(arguments.end(), options.mpirun_options.begin(), options.mpirun_options.end());
  // A stop request must not kill a rank that has not come to handle it yet; it is repeated until the ranks end.
  arguments.insert(arguments.end(), {"sh", "-c", "trap '' USR2; exec \"$@\"", "rank"});
  arguments.insert(arguments.end(), command.begin(), command.end());
  return arguments;
}

int supervise(const LaunchOptions& options, const std::vector<std::string>& command) {
  if (options.ranks < 1) throw ConfigError(fmt::format("--ranks {}: at least one rank is needed", options.ranks));
  if (command.empty()) throw ConfigError("nothing to launch; give a command after --, such as train run.toml");
  const std::vector<std::string> arguments = mpirun_arguments(options, command, geteuid() == 0);
  const BlockedSignals signals;
  Wishes wishes;
  for (int starts = 1;; ++starts) {
    remove_stale_outcome(options.outcome_file);
    const int code = wait_for_end(start(arguments, signals.former()), signals, options, wishes);
    if (const std::optional<int> result = judge(code, options.outcome_file)) return *result;
    spdlog::error("the run ended without an outcome: mpirun returned {} (start {})", code, starts);
    if (wishes.stop || starts > options.max_restarts) return static_cast<int>(ExitCode::kInternal);
    spdlog::warn("starting it again, restart {} of {}", starts, options.max_restarts);
  }
}

}  // namespace understudy
