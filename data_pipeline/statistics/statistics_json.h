#pragma once

#include <string>

#include "data_pipeline/statistics/set_statistics.h"

namespace understudy {

/// For programs: all numbers, with the histograms of the plots. Indented JSON that ends in a newline; equal contents
/// give equal bytes, however the set is cut into shards.
std::string statistics_json(const SetStatistics& statistics);

}  // namespace understudy
