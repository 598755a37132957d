#pragma once

#include <string_view>

#include <spdlog/spdlog.h>

namespace understudy {

/// Set for ranks whose log ends on a terminal through other programs: the terminal's columns.
inline constexpr const char* kLiveLineVariable = "UNDERSTUDY_LIVE_COLUMNS";

/// Sends the log to standard error as "time level rank r/W message". Called once, in main; ranks other than 0 show
/// warnings and errors only, because shared facts come from rank 0.
void set_up_log(int rank, int world_size);

/// Columns of the terminal that standard error leads to; 0 when it leads to none, or to one that cannot rewrite a line.
int terminal_columns();

/// Shows a line below the log, which the next one replaces. @returns  false where the log goes to no terminal
bool show_live_line(std::string_view line);

/// Columns that a live line may take; 0 where there is none.
int live_line_columns();

}  // namespace understudy
