#include "launcher/child_process.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr std::array kSignals{SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGCHLD};

/// Runs in the child between fork and exec.
[[noreturn]] void become(std::vector<char*>& arguments,
                         const std::vector<std::string>& variables,
                         const sigset_t& mask,
                         pid_t supervisor,
                         int failure_pipe) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != supervisor) ::_exit(1);
  for (const std::string& variable : variables) ::putenv(const_cast<char*>(variable.c_str()));
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  ::execvp(arguments.front(), arguments.data());
  const int reason = errno;
  if (::write(failure_pipe, &reason, sizeof reason) < 0) ::_exit(126);
  ::_exit(127);
}

}  // namespace

SignalQueue::SignalQueue() {
  // A parent that ignores its children's ends would make ours vanish unseen.
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : kSignals) sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, &former_);
  descriptor_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (descriptor_ < 0) throw ClusterError(fmt::format("cannot wait for signals: {}", std::strerror(errno)));
}

SignalQueue::~SignalQueue() {
  ::close(descriptor_);
  ::sigprocmask(SIG_SETMASK, &former_, nullptr);
}

std::optional<int> SignalQueue::next() const {
  signalfd_siginfo information{};
  if (::read(descriptor_, &information, sizeof information) != sizeof information) return std::nullopt;
  return static_cast<int>(information.ssi_signo);
}

ChildProcess::ChildProcess(std::vector<std::string> arguments,
                           const std::vector<std::string>& variables,
                           const sigset_t& mask) {
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  std::array<int, 2> failure_pipe{};
  if (::pipe2(failure_pipe.data(), O_CLOEXEC) != 0)
    throw ClusterError(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  const pid_t supervisor = ::getpid();
  process_ = ::fork();
  if (process_ == 0) become(pointers, variables, mask, supervisor, failure_pipe[1]);
  const int fork_failure = errno;
  ::close(failure_pipe[1]);
  int reason = 0;
  const bool failed = process_ > 0 && ::read(failure_pipe[0], &reason, sizeof reason) == sizeof reason;
  ::close(failure_pipe[0]);
  if (process_ < 0) throw ClusterError(fmt::format("cannot start a process: {}", std::strerror(fork_failure)));
  if (!failed) return;
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
  throw ConfigError(fmt::format("cannot start {}: {}; install it or name another one (Open MPI: openmpi-bin, --mpirun)",
                                arguments.front(),
                                std::strerror(reason)));
}

ChildProcess::~ChildProcess() {
  if (process_ <= 0 || ended()) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

void ChildProcess::send(int signal) const {
  if (!code_) ::kill(process_, signal);
}

std::optional<int> ChildProcess::ended() {
  int status = 0;
  if (!code_ && ::waitpid(process_, &status, WNOHANG) == process_) {
    if (WIFEXITED(status)) code_ = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) code_ = 128 + WTERMSIG(status);
  }
  return code_;
}

}  // namespace understudy
