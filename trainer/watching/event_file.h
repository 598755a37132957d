#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/file_system.h"
#include "data_pipeline/picture.h"
#include "trainer/recipe.h"
#include "trainer/watching/run_log.h"

namespace understudy {

/// In a run's directory; TensorBoard looks for "tfevents".
inline constexpr std::string_view kEventsName = "events.out.tfevents.understudy";

/// Seconds since 1970.
double wall_clock();

/// A TensorBoard event file: the same numbers as metrics.jsonl, the sample pictures, and histograms where asked.
/// Records are framed as TensorFlow's record_writer does (length, masked CRC-32C, bytes, masked CRC-32C), their bytes
/// are protocol buffers of type tensorflow.Event. Its length depends on the run alone, though times are in it.
class EventFile {
 public:
  /// Goes on after the first `keep_bytes` of an older file, as JsonLines does. A file that is missing or shorter is
  /// begun anew with a warning: nothing depends on it. @throws FileError
  EventFile(const std::filesystem::path& path, std::int64_t keep_bytes, const FileSystem& files = system_files());

  /// @param prefix  of every tag: "train/" @param step  finished iterations @param time  seconds since 1970
  void add_scalars(std::string_view prefix, const std::vector<Term>& terms, Iteration step, double time);
  /// Counts of a tensor's values in bins of equal width between the smallest and the largest.
  void add_histogram(const std::string& tag, const at::Tensor& values, Iteration step, double time);
  void add_picture(const std::string& tag, const Picture& picture, Iteration step, double time);

  /// As VouchedFile.
  void sync() { file_.sync(); }
  std::int64_t bytes() const { return file_.bytes(); }

 private:
  void add_summary(std::string_view summary, Iteration step, double time);

  VouchedFile file_;
};

}  // namespace understudy
