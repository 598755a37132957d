#include "common/atomic_file.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

TEST(AtomicFile, LeavesTheOldFileWhenNotCommitted) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "file";
  write_file_atomically(path, "old");
  {
    AtomicFile file(path);
    file.write("half of the n");
  }
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(AtomicFile, ReplacesTheOldFileWhenCommitted) {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "file", "old");
  write_file_atomically(folder.path() / "file", "new");
  EXPECT_EQ(read_file(folder.path() / "file"), "new");
}

TEST(AtomicFile, SaysThatTheDiskIsFull) {
  try {
    const TemporaryFolder folder;
    std::filesystem::create_symlink("/dev/full", folder.path() / ("file.tmp." + std::to_string(::getpid())));
    AtomicFile file(folder.path() / "file");
    file.write("text");
    FAIL() << "writing to a full device succeeded";
  } catch (const FileError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("No space left on device; free space"));
  }
}

TEST(PublishFolder, RefusesAFolderThatHoldsSomething) {
  const TemporaryFolder folder;
  for (const char* name : {"new", "taken"}) {
    std::filesystem::create_directory(folder.path() / name);
    write_file_atomically(folder.path() / name / "file", name);
  }
  EXPECT_THROW(publish_folder(folder.path() / "new", folder.path() / "taken"), FileError);
  publish_folder(folder.path() / "new", folder.path() / "free");
  EXPECT_EQ(read_file(folder.path() / "free" / "file"), "new");
}

TEST(AtomicFile, LeftByAKilledProgramIsRemoved) {
  const TemporaryFolder folder;
  for (const char* name : {"a.json.tmp.123", "a.json", "b.tmp.x1", ".tmp.5"})
    write_file_atomically(folder.path() / name, "1");
  remove_unpublished_files(folder.path());
  remove_unpublished_files(folder.path() / "missing");
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    names.insert(entry.path().filename().string());
  EXPECT_EQ(names, (std::set<std::string>{"a.json", "b.tmp.x1", ".tmp.5"}));
}

}  // namespace
}  // namespace understudy
