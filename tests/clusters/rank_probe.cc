#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

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

/// What the last rank does.
void misbehave(const std::string& mode, understudy::RankSession& session) {
  if (mode == "crash") session.abort(9);
  if (mode == "killed") raise(SIGKILL);
  while (mode == "stall" || mode == "hang") pause();
}

}  // namespace

/// rank_probe OUTCOME_FILE finish|wait|deaf|crash|killed|stall|hang: a stand-in for training in the tests of the
/// supervisor. In all but the first three the last rank misbehaves.
int main(int argc, char** argv) {
  if (argc != 3) return 78;
  const std::string mode = argv[2];
  understudy::RankSession session(std::chrono::seconds(mode == "stall" ? 1 : 60));
  const understudy::RankContext context = session.context();
  try {
    understudy::Communicator& ranks = session.ranks();
    std::printf("rank %d of %d is ready\n", ranks.rank(), ranks.world_size());
    std::fflush(stdout);
    ranks.barrier("be ready together");
    if (ranks.rank() == ranks.world_size() - 1) misbehave(mode, session);
    // What the ranks agreed on counts: a rank's own request may still be on its way.
    auto code = understudy::ExitCode::kDone;
    if (mode == "wait") {
      train_until_stopped(context);
      code = understudy::ExitCode::kRunAgain;
    }
    while (mode == "deaf") pause();
    ranks.barrier("end together");
    if (ranks.rank() == 0) {
      understudy::write_outcome(argv[1], {.code = code, .message = "probe ended", .start = session.start_token()});
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    session.abort(70);
  }
  return 0;
}
