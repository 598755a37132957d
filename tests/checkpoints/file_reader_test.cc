#include "checkpoints/file_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/checkpoints/fixture_files.h"

namespace understudy {
namespace {

TEST(FileReader, ReadsRangesAndRefusesThoseOutside) {
  const MemoryFile memory("0123456789");
  const FileReader file(memory.path());
  EXPECT_EQ(file.size(), 10U);
  EXPECT_EQ(file.read_text(3, 4), "3456");
  EXPECT_EQ(file.read_text(10, 0), "");
  EXPECT_THROW(file.read_text(3, 8), CheckpointError);
  EXPECT_THROW(file.read_text(11, 0), CheckpointError);
  EXPECT_THROW(file.read_text(UINT64_MAX, 2), CheckpointError);
  EXPECT_THROW(file.read_text(2, UINT64_MAX), CheckpointError);
}

TEST(FileReader, RefusesWhatIsNoFile) {
  EXPECT_THROW(FileReader("/nowhere/at/all"), FileError);
  EXPECT_THROW(FileReader("/tmp"), FileError);
}

}  // namespace
}  // namespace understudy
