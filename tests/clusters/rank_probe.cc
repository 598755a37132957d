#include <cstdio>
#include <cstring>
#include <exception>

#include <unistd.h>

#include "clusters/outcome.h"
#include "clusters/rank_session.h"

namespace {

/// Meets the other ranks until the run is asked to stop, as a training loop does.
void train_until_stopped(const understudy::RankContext& context) {
  const auto agree = [&] {
    return context.ranks.all_reduce(
        context.stop_requested() ? 1 : 0, understudy::Reduction::kMax, "agree on the stop request");
  };
  while (agree() == 0) {
  }
}

}  // namespace

/// rank_probe OUTCOME_FILE finish|wait|crash|stall: a stand-in for training in the tests of the supervisor.
int main(int argc, char** argv) {
  if (argc != 3) return 78;
  const bool stalls = std::strcmp(argv[2], "stall") == 0;
  understudy::RankSession session(std::chrono::seconds(stalls ? 1 : 60));
  const understudy::RankContext context = session.context();
  try {
    understudy::Communicator& ranks = session.ranks();
    std::printf("rank %d of %d is ready\n", ranks.rank(), ranks.world_size());
    std::fflush(stdout);
    if (std::strcmp(argv[2], "crash") == 0 && ranks.rank() == ranks.world_size() - 1) session.abort(9);
    if (stalls && ranks.rank() == ranks.world_size() - 1) pause();
    if (std::strcmp(argv[2], "wait") == 0) train_until_stopped(context);
    ranks.barrier("end together");
    if (ranks.rank() == 0) {
      const auto code = context.stop_requested() ? understudy::ExitCode::kRunAgain : understudy::ExitCode::kDone;
      understudy::write_outcome(argv[1], {.code = code, .message = "probe ended", .start = session.start_token()});
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    session.abort(70);
  }
  return 0;
}
