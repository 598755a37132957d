#include "clusters/stop_request.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr int kSignals[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT};

// The one state of the process that cannot be passed in: a signal handler gets no argument of ours. Lock-free, hence
// safe in a handler and for readers in other threads.
std::atomic<bool> installed{false};
std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);
struct sigaction former_actions[std::size(kSignals)];

void note_request(int) {
  stop_requested.store(true);
}

std::size_t handled_now = 0;

void restore_handlers() {
  for (std::size_t i = 0; i < handled_now; ++i) sigaction(kSignals[i], &former_actions[i], nullptr);
  handled_now = 0;
  installed.store(false);
}

}  // namespace

StopRequest::StopRequest() {
  if (installed.exchange(true)) throw ClusterError("a second StopRequest in one process; pass the first one on");
  stop_requested.store(false);
  for (std::size_t i = 0; i < std::size(kSignals); ++i) {
    struct sigaction action {};
    action.sa_handler = note_request;
    // A second interrupt meets the default action, so that an impatient user is never locked out.
    action.sa_flags = SA_RESTART | (kSignals[i] == SIGINT ? static_cast<int>(SA_RESETHAND) : 0);
    sigemptyset(&action.sa_mask);
    if (sigaction(kSignals[i], &action, &former_actions[i]) != 0) {
      const int reason = errno;
      restore_handlers();
      throw ClusterError(fmt::format("cannot handle signal {}: {}", kSignals[i], std::strerror(reason)));
    }
    handled_now = i + 1;
  }
}

StopRequest::~StopRequest() {
  restore_handlers();
}

bool StopRequest::requested() const {
  return stop_requested.load();
}

}  // namespace understudy
