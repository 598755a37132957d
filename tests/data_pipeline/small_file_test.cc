#include "data_pipeline/small_file.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::HasSubstr;

TEST(SmallFile, IsReadWhole) {
  const TemporaryFolder folder;
  const std::string bytes("a\0b\n", 4);
  std::ofstream(folder.path() / "f", std::ios::binary) << bytes;
  EXPECT_EQ(read_small_file(folder.path() / "f"), bytes);
}

TEST(SmallFile, LargeOnesAndFoldersAreRefused) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "large") << "x";
  std::filesystem::resize_file(folder.path() / "large", kMostSmallFileBytes + 1);
  EXPECT_THAT(message_of([&] { read_small_file(folder.path() / "large"); }), HasSubstr("large: has 268435457 bytes"));
  EXPECT_THAT(message_of([&] { read_small_file(folder.path() / "none"); }), HasSubstr("none: cannot open"));
  EXPECT_THROW(read_small_file(folder.path()), DataError);
}

}  // namespace
}  // namespace understudy
