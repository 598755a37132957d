#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

namespace {

// A handler gets no argument of ours.
int report = -1;

void report_request(int) {
  if (write(report, "u", 1) < 0) _exit(1);
}

}  // namespace

/// Stands in for an mpirun whose ranks never end: writes "r" to the pipe named by STUB_PIPE when it listens and "u" at
/// every SIGUSR2.
int main() {
  const char* pipe = std::getenv("STUB_PIPE");
  report = pipe == nullptr ? -1 : open(pipe, O_WRONLY);
  if (report < 0) return 1;
  std::signal(SIGUSR2, report_request);
  if (write(report, "r", 1) < 0) return 1;
  while (true) pause();
}
