#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace understudy {

struct SetBenchOptions {
  std::size_t threads = 1;       ///< that decode and make samples
  std::size_t read_threads = 8;  ///< reads under way at a time
  std::int64_t sources = 1;
  std::int64_t picture_size = 256;
  std::int64_t samples = 400;      ///< of each measurement
  double delay_ms = 5.0;           ///< added to each read for the slow storage
  double demanded_frames = 360.0;  ///< a second, of the slow storage
};

/// Measures a set on this machine and says what came out, as lines with ratios: decoding against bare turbojpeg, whole
/// samples of FSRT against the official loader, memory above this process at rest, slow storage against warm, and the
/// first sample of a run's iteration 1,000,000 against that of iteration 0. @throws DataError
std::string bench_set(const std::filesystem::path& set, const SetBenchOptions& options);

}  // namespace understudy
