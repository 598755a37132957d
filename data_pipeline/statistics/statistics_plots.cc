#include "data_pipeline/statistics/statistics_plots.h"

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "data_pipeline/picture.h"
#include "data_pipeline/statistics/histogram_plot.h"
#include "data_pipeline/statistics/statistics_json.h"

namespace understudy {

std::vector<std::filesystem::path> write_statistics(const std::filesystem::path& folder,
                                                    const SetStatistics& statistics) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw FileError(fmt::format("{}: cannot make the folder: {}", folder.string(), error.message()));
  std::vector<std::filesystem::path> written{folder / "stats.json"};
  write_file_atomically(written.front(), statistics_json(statistics));
  for (const Distribution& distribution : statistics.distributions) {
    if (distribution.values.empty()) continue;
    written.push_back(folder / (distribution.key + ".png"));
    write_png(written.back(), histogram_plot(distribution));
  }
  return written;
}

}  // namespace understudy
