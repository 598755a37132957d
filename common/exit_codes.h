#pragma once

namespace understudy {

/// Exit codes of every sub-command; from 64 on the numbers are those of sysexits.h, so that job schedulers can act on
/// them.
enum class ExitCode : int {
  kDone = 0,
  kDiffers = 1,    ///< a comparison found differences, as of diff(1); no command that runs under `launch` ends so
  kUsage = 78,     ///< configuration or data error: do not run again unchanged (EX_CONFIG)
  kInternal = 70,  ///< a defect or a broken machine (EX_SOFTWARE)
  kRunAgain = 75,  ///< a checkpoint was written, run me again (EX_TEMPFAIL)
};

}  // namespace understudy
