#include "checkpoints/part_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

TEST(PartFile, KnowsSizeAndHashOfWhatItWasGiven) {
  const TemporaryFolder folder;
  const PartInfo part = write_part(folder.path(), "abc.txt", "abc");
  EXPECT_EQ(part.size, 3U);
  EXPECT_EQ(part.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2, B.1
  EXPECT_EQ(read_file(folder.path() / "abc.txt"), "abc");
}

TEST(PartFile, SaysThatTheDiskIsFull) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("/dev/full", folder.path() / "part");
  EXPECT_THAT([&] { write_part(folder.path(), "part", "abc"); },
              testing::ThrowsMessage<FileError>(
                  testing::HasSubstr("No space left on device; free space, keep fewer checkpoints")));
  EXPECT_THROW(write_part(folder.path() / "missing", "part", "abc"), FileError);
}

}  // namespace
}  // namespace understudy
