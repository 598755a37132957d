#include "checkpoints/storage_reader.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/part_file.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/hash.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

std::string text_of(std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(i * 2654435761U >> 24U);
  return text;
}

std::string read_all(const std::filesystem::path& path) {
  StorageReader file(path);
  std::string all;
  for (auto piece = file.next(); !piece.empty(); piece = file.next())
    all.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  EXPECT_TRUE(file.next().empty()) << "the end is no end";
  return all;
}

/// On a disk, and in memory, where reads cannot go past a cache.
class StorageReaderTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!std::filesystem::is_directory(GetParam())) GTEST_SKIP() << "no " << GetParam();
    const std::string pattern = std::string(GetParam()) + "/understudy-XXXXXX";
    folder_ = ::mkdtemp(std::string(pattern).data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_P(StorageReaderTest, GivesTheBytesOfFilesOfAnyLength) {
  for (const std::size_t bytes : {std::size_t{0},
                                  std::size_t{1},
                                  std::size_t{511},
                                  std::size_t{4096},
                                  std::size_t{4097},
                                  kMiB - 1,
                                  kMiB,
                                  kMiB + 1,
                                  3 * kMiB + 77}) {
    const std::filesystem::path path = folder_ / std::to_string(bytes);
    const std::string text = text_of(bytes);
    std::ofstream(path, std::ios::binary) << text;  // the storage may not have it yet
    EXPECT_EQ(read_all(path) == text, true) << bytes;
    EXPECT_EQ(sha256_of_stored_file(path), sha256_hex(text)) << bytes;
  }
}

INSTANTIATE_TEST_SUITE_P(Places, StorageReaderTest, testing::Values("/var/tmp", "/dev/shm"));

TEST(StorageReader, SaysWhatCannotBeRead) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { StorageReader(folder.path() / "missing"); },
              testing::ThrowsMessage<FileError>(testing::HasSubstr("missing: cannot open for reading: No such file")));
  EXPECT_THAT([&] { StorageReader(folder.path()).next(); },
              testing::ThrowsMessage<FileError>(testing::HasSubstr("Is a directory")));
}

TEST(ReadBack, FindsOtherBytesAndOtherEndsAcrossPieces) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "part";
  const std::string text = text_of(2 * kMiB + 5);
  const auto bytes = std::as_bytes(std::span(text));
  const auto compare = [&](std::string_view stored) {
    write_file_atomically(path, stored);
    ReadBack file(path);
    for (std::size_t i = 0; i < bytes.size(); i += 700'001)
      file.expect(bytes.subspan(i, std::min<std::size_t>(700'001, bytes.size() - i)));
    file.expect_end();
  };
  EXPECT_NO_THROW(compare(text));
  std::string flipped = text;
  flipped[kMiB + 3] ^= 1;
  EXPECT_THAT([&] { compare(flipped); }, testing::ThrowsMessage<StorageError>(testing::HasSubstr("other bytes")));
  EXPECT_THAT([&] { compare(text.substr(0, kMiB)); },
              testing::ThrowsMessage<StorageError>(testing::HasSubstr("ends after 1048576 bytes")));
  EXPECT_THAT([&] { compare(text + "x"); }, testing::ThrowsMessage<StorageError>(testing::HasSubstr("goes on after")));
}

}  // namespace
}  // namespace understudy
