#include <cstdio>
#include <cstring>
#include <exception>

#include <unistd.h>

#include "clusters/mpi_session.h"
#include "clusters/outcome.h"
#include "clusters/stop_request.h"

namespace {

/// Meets the other ranks until the run is asked to stop, as a training loop does.
void train_until_stopped(understudy::Communicator& ranks, const understudy::StopRequest& stop) {
  while (ranks.all_reduce(stop.requested() ? 1 : 0, understudy::Reduction::kMax, "agree on the stop request") == 0) {
  }
}

}  // namespace

/// rank_probe OUTCOME_FILE finish|wait|crash|stall: a stand-in for training in the tests of the supervisor.
int main(int argc, char** argv) {
  if (argc != 3) return 78;
  const understudy::StopRequest stop(understudy::stop_signals_of_this_process());
  const bool stalls = std::strcmp(argv[2], "stall") == 0;
  understudy::MpiSession session(understudy::MpiSession::Start::kIfLaunched, std::chrono::seconds(stalls ? 1 : 60));
  try {
    understudy::Communicator& ranks = session.ranks();
    std::printf("rank %d of %d is ready\n", ranks.rank(), ranks.world_size());
    std::fflush(stdout);
    if (std::strcmp(argv[2], "crash") == 0 && ranks.rank() == ranks.world_size() - 1) session.abort(9);
    if (stalls && ranks.rank() == ranks.world_size() - 1) pause();
    if (std::strcmp(argv[2], "wait") == 0) train_until_stopped(ranks, stop);
    ranks.barrier("end together");
    if (ranks.rank() == 0) {
      const auto code = stop.requested() ? understudy::ExitCode::kRunAgain : understudy::ExitCode::kDone;
      understudy::write_outcome(argv[1], {code, "probe ended"});
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    session.abort(70);
  }
  return 0;
}
