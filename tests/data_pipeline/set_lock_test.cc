#include "data_pipeline/set_lock.h"

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

TEST(SetLock, KeepsOthersOutWhileAFileIsReadChangedAndWritten) {
  const TemporaryFolder folder;
  const std::filesystem::path counter = folder.path() / "counter";
  write_file_atomically(counter, "0");
  const auto count = [&] {
    for (int i = 0; i < 20; ++i) {
      const SetLock lock(folder.path(), "lock");
      const int next = std::stoi(read_file(counter)) + 1;
      std::ofstream(counter) << next;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(count);
  }
  EXPECT_EQ(read_file(counter), "80");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "lock"));
}

TEST(SetLock, TakesOverTheFileThatAKilledProcessLeft) {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "lock", "");
  { const SetLock lock(folder.path(), "lock"); }
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "lock"));
}

TEST(SetLock, LetsWorkGoOnWhereThereCanBeNone) {
  const TemporaryFolder folder;
  const SetLock lock(folder.path() / "none", "lock");
}

}  // namespace
}  // namespace understudy
