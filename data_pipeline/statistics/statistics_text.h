#pragma once

#include <string>

#include "data_pipeline/statistics/set_statistics.h"

namespace understudy {

/// For a reader at a terminal: totals, a table of all distributions, a small histogram of each, the clips that lack the
/// most annotations.
std::string statistics_text(const SetStatistics& statistics);

/// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number);
/// 1234.56 as "1,234.6". @param number  not negative
std::string grouped_tenths(double number);

}  // namespace understudy
