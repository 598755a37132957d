#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/errors.h"
#include "common/exit_codes.h"

namespace understudy {

/// What ended a run that did not end well.
enum class EndCause {
  kNone,
  kConfig,      ///< configuration or command line
  kData,        ///< data set, weights or checkpoint
  kNotFinite,   ///< a loss or gradient
  kFileSystem,  ///< a file could not be written or read
  kStorage,     ///< storage failed in a way that may pass
  kOutOfMemory,
  kSuperseded,  ///< a later start owns the run
  kCluster,     ///< ranks could not reach each other: mostly because of what happened to another one
  kDefect,
};

/// The file of an outcome, in the folder of the work that ended.
inline constexpr const char* kOutcomeName = "outcome.json";

/// How a run ended. It travels from the ranks to `understudy launch` by file, because mpirun turns a non-zero exit code
/// of one rank into a kill of the others.
struct Outcome {
  ExitCode code = ExitCode::kDone;
  std::string message;
  EndCause cause = EndCause::kNone;
  int rank = 0;            ///< that says so
  std::string start = {};  ///< token of the start it belongs to; empty when nobody supervises
};

/// Another rank failed and ends the run; its own message and outcome are the ones to read.
class RemoteError : public Error {
 public:
  using Error::Error;
};

/// Writes {"outcome": "done" | "run_again" | "config" | "internal", "message": ..., "cause": ..., "rank": ..., "start":
/// ...} durably, or not at all.
/// @throws FileError
void write_outcome(const std::filesystem::path& file, const Outcome& outcome);

/// @return  nothing when there is no such file or it is no outcome (a file from elsewhere is no word of this run)
std::optional<Outcome> read_outcome(const std::filesystem::path& file);

}  // namespace understudy
