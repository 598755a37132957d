#pragma once

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace understudy {

/// The signals that a supervisor acts on, blocked and to be read from a descriptor as long as this lives, so that none
/// is lost between two looks.
class SignalQueue {
 public:
  SignalQueue();
  ~SignalQueue();
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;

  int descriptor() const { return descriptor_; }
  /// @return  the next signal that came; nothing when none waits
  std::optional<int> next() const;
  const sigset_t& former() const { return former_; }

 private:
  int descriptor_ = -1;
  sigset_t former_{};
};

/// A program in a process group of its own, so that Ctrl-C at the terminal reaches only the supervisor; it ends with
/// the supervisor. Standard input is empty.
class ChildProcess {
 public:
  /// @param variables  "NAME=value", added to the environment
  /// @throws ConfigError  when the program cannot be started
  ChildProcess(std::vector<std::string> arguments, const std::vector<std::string>& variables, const sigset_t& mask);
  /// Ends it at once if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void send(int signal) const;
  /// @return  its exit code, 128 + signal when one ended it; nothing while it runs
  std::optional<int> ended();

 private:
  pid_t process_ = -1;
  std::optional<int> code_;
};

}  // namespace understudy
