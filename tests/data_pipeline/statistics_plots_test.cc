#include "data_pipeline/statistics/statistics_plots.h"

#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "data_pipeline/picture.h"
#include "data_pipeline/statistics/statistics_json.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

TEST(StatisticsPlots, WritesNumbersAndOnePictureADistribution) {
  const TemporaryFolder folder;
  write_tiny_set(folder.path() / "set");
  const SetStatistics statistics = measure_set(folder.path() / "set");
  const auto files = write_statistics(folder.path() / "plots" / "new", statistics);
  ASSERT_EQ(files.size(), 1 + statistics.distributions.size());
  EXPECT_EQ(read_file(files[0]), statistics_json(statistics));
  for (std::size_t i = 1; i < files.size(); ++i) EXPECT_GT(read_picture(files[i]).width, 0) << files[i];
}

TEST(StatisticsPlots, SaysWhereItCannotWrite) {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "file", "");
  EXPECT_THROW(write_statistics(folder.path() / "file", {}), FileError);
}

}  // namespace
}  // namespace understudy
