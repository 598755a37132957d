#include "launcher/ranks.h"

#include <exception>

#include "clusters/rank_session.h"
#include "common/errors.h"
#include "common/log.h"
#include "launcher/error_report.h"

namespace understudy {
namespace {

void write_outcome_quietly(const std::filesystem::path& file, const Outcome& outcome, bool make_folder) {
  try {
    if (make_folder) std::filesystem::create_directories(file.parent_path());
    if (!std::filesystem::exists(file.parent_path())) return;
    write_outcome(file, outcome);
  } catch (const std::exception& error) {
    spdlog::warn("the outcome of the run could not be written: {}", error.what());
  }
}

}  // namespace

ExitCode run_on_ranks(const std::filesystem::path& outcome_file,
                      const std::function<Outcome(const RankContext&)>& body,
                      const RankOptions& options) {
  RankSession session(options.timeout);
  Communicator& ranks = session.ranks();
  set_up_log(ranks.rank(), ranks.world_size());
  const RankContext context = session.context();
  // A single rank's exit code says it all, so that a mistake leaves no folder behind; a supervisor needs the file.
  const bool make_folder = ranks.world_size() > 1 && (options.make_outcome_folder || !session.start_token().empty());
  try {
    Outcome outcome = body(context);
    const Heartbeat::Mark mark(context.heartbeat, Section::kEnd);
    outcome.start = session.start_token();
    if (ranks.rank() == 0) {
      spdlog::info("{}", outcome.message);
      write_outcome_quietly(outcome_file, outcome, make_folder);
    }
    ranks.barrier("end the run");
    // Under mpirun a non-zero code of a rank would end the others by force; the outcome file carries it instead.
    return ranks.world_size() > 1 ? ExitCode::kDone : outcome.code;
  } catch (const RemoteError&) {
    return ExitCode::kInternal;  // leaving the session waits for the rank that failed, which ends all ranks
  } catch (const std::exception& error) {
    const Outcome outcome{exit_code_of(error), message_of(error), cause_of(error), ranks.rank(), session.start_token()};
    spdlog::error("{}", outcome.message);
    // The run directory belongs to the later start, its outcome too.
    if (outcome.cause != EndCause::kSuperseded) write_outcome_quietly(outcome_file, outcome, make_folder);
    if (ranks.world_size() > 1) session.abort(static_cast<int>(outcome.code));
    return outcome.code;
  }
}

}  // namespace understudy
