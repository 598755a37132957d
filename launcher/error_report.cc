#include "launcher/error_report.h"

#include "common/errors.h"

namespace understudy {

ExitCode exit_code_of(const std::exception& error) {
  if (dynamic_cast<const ClusterError*>(&error) != nullptr) return ExitCode::kInternal;
  if (dynamic_cast<const NonFiniteError*>(&error) != nullptr) return ExitCode::kInternal;
  return dynamic_cast<const Error*>(&error) != nullptr ? ExitCode::kUsage : ExitCode::kInternal;
}

}  // namespace understudy
