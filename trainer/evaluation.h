#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data_pipeline/picture.h"
#include "trainer/reenactor.h"

namespace understudy {

struct EvaluationOptions {
  std::int64_t clips = 20;        ///< of the set, at most, spread evenly
  std::int64_t frames = 8;        ///< driving frames of a clip, spread evenly
  std::filesystem::path picture;  ///< comparison picture to write; empty: none
};

/// Mean PSNR in dB over the driving frames of the clips; each picture's own PSNR is averaged.
struct EvaluationTable {
  std::int64_t pictures = 0;
  double network = 0.0;        ///< source = first frame of the clip, absolute motion
  double copied_source = 0.0;  ///< showing the source frame instead
  double mean_picture = 0.0;   ///< showing the mean of all evaluated frames instead
  std::int64_t crossed = 0;    ///< pictures of the cross-reenactment; 0 when the set has no known parameters
  double cross_network =
      0.0;  ///< source of A, driving frame of B, against the true picture of A with B's pose and expression
  double cross_copied = 0.0;  ///< showing A's source frame instead
};

/// Measures reconstruction on a set and, where the parameters of its synthetic heads are known, cross-reenactment
/// against the true rendering. @throws DataError
EvaluationTable evaluate(Reenactor& reenactor, const std::filesystem::path& set, const EvaluationOptions& options);

/// The table for a terminal.
std::string format_table(const EvaluationTable& table);

}  // namespace understudy
