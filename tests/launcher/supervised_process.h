#pragma once

#include <csignal>
#include <exception>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "launcher/supervisor.h"

namespace understudy {

/// `supervise` in a process of its own, to which signals can be sent.
class SupervisedProcess {
 public:
  SupervisedProcess(const LaunchOptions& options, const std::vector<std::string>& command) : process_(fork()) {
    if (process_ != 0) return;
    // A shell starts background jobs with SIGINT ignored.
    std::signal(SIGINT, SIG_DFL);
    try {
      _exit(supervise(options, command));
    } catch (const std::exception&) {
      _exit(99);
    }
  }
  void send(int signal) const { kill(process_, signal); }
  /// @return  the exit code, 128 + signal when one ended it
  int wait() const {
    int status = 0;
    waitpid(process_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t process_;
};

}  // namespace understudy
