#pragma once

#include <spdlog/spdlog.h>

namespace understudy {

/// Sends the log to standard error as "time level rank r/W message". Called once, in main; ranks other than 0 show
/// warnings and errors only, because shared facts come from rank 0.
void set_up_log(int rank, int world_size);

}  // namespace understudy
