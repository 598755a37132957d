#pragma once

#include <string>

#include "data_pipeline/set_difference.h"

namespace understudy {

/// For a reader: what differs, at most 20 names a list, and the verdict in the last line.
std::string difference_text(const SetDifference& difference);

/// For programs: everything. Indented JSON that ends in a newline.
std::string difference_json(const SetDifference& difference);

}  // namespace understudy
