#pragma once

#include <exception>
#include <string>

#include "clusters/outcome.h"
#include "common/exit_codes.h"

namespace understudy {

/// 78 for what the user must change (configuration, data, weights, a full disk), 70 for the rest.
ExitCode exit_code_of(const std::exception& error);

EndCause cause_of(const std::exception& error);

/// What the user reads: what the error says; of one of the file system the path, the reason and what to do.
std::string message_of(const std::exception& error);

}  // namespace understudy
