#pragma once

namespace understudy {

/// Exit codes of every sub-command; the numbers are those of sysexits.h, so that job schedulers can act on them.
enum class ExitCode : int {
  kDone = 0,
  kUsage = 78,     ///< configuration or data error: do not run again unchanged (EX_CONFIG)
  kInternal = 70,  ///< a defect or a broken machine (EX_SOFTWARE)
  kRunAgain = 75,  ///< a checkpoint was written, run me again (EX_TEMPFAIL)
};

}  // namespace understudy
