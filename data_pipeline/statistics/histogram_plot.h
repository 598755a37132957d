#pragma once

#include "data_pipeline/picture.h"
#include "data_pipeline/statistics/set_statistics.h"

namespace understudy {

/// A picture of a distribution that is not empty: bars over round edges, axes with units, the median, and a line of
/// numbers. 900 x 560 pixels.
Picture histogram_plot(const Distribution& distribution);

}  // namespace understudy
