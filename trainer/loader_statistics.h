#pragma once

#include <cstddef>
#include <cstdint>

#include "data_pipeline/plain_file.h"

namespace understudy {

/// What loading micro-batches took, summed over threads.
struct LoaderStatistics {
  double read_seconds = 0.0;
  double prepare_seconds = 0.0;  ///< decoding and augmenting
  ReadCounts reads;
  std::int64_t replaced_frames = 0;
  std::size_t batches_ready = 0;  ///< prepared when the first of them was asked for; 0: the training thread had to wait
  std::size_t reads_ready = 0;    ///< read and not yet being prepared at that moment
};

}  // namespace understudy
