#include "checkpoints/zip_file.h"

#include <fstream>

#include <caffe2/serialize/inline_container.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/checkpoints/fixture_files.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

std::string example_zip() {
  std::string bytes;
  ZipWriter zip(
      [&](std::span<const std::byte> part) { bytes.append(reinterpret_cast<const char*>(part.data()), part.size()); });
  zip.add("archive/data.pkl", "first");
  zip.add("archive/data/0", std::string(1000, 'x'));
  zip.add("archive/version", "3\n");
  zip.finish();
  return bytes;
}

TEST(ZipFile, IsReadByTorchsOwnReader) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file.pt", std::ios::binary) << example_zip();
  caffe2::serialize::PyTorchStreamReader reader((folder.path() / "file.pt").string());
  const auto [data, size] = reader.getRecord("data/0");
  EXPECT_EQ(std::string(static_cast<const char*>(data.get()), size), std::string(1000, 'x'));
  EXPECT_EQ(reader.getRecordOffset("data/0") % 64, 0U);
}

TEST(ZipFile, GivesBackWhatItWrote) {
  const MemoryFile memory(example_zip());
  const FileReader file(memory.path());
  const auto records = read_zip_directory(file);
  ASSERT_EQ(records.size(), 3U);
  std::string text(5, '\0');
  read_zip_record(file, "data.pkl", records.at("data.pkl"), std::as_writable_bytes(std::span(text)));
  EXPECT_EQ(text, "first");
}

TEST(ZipFile, NoticesAFlippedByteInARecord) {
  std::string bytes = example_zip();
  bytes[bytes.find("xxxx") + 500] ^= 1;
  const MemoryFile memory(bytes);
  const FileReader file(memory.path());
  const ZipRecord record = read_zip_directory(file).at("data/0");
  std::string data(1000, '\0');
  EXPECT_THAT([&] { read_zip_record(file, "data/0", record, std::as_writable_bytes(std::span(data))); },
              testing::ThrowsMessage<CheckpointError>(testing::HasSubstr("CRC-32 of record \"data/0\"")));
}

TEST(ZipFile, RefusesACompressedRecord) {
  std::string bytes = example_zip();
  const std::size_t entry = bytes.find("PK\x01\x02");
  bytes[entry + 10] = 8;  // deflate
  const MemoryFile memory(bytes);
  EXPECT_THAT([&] { read_zip_directory(FileReader(memory.path())); },
              testing::ThrowsMessage<CheckpointError>(testing::HasSubstr("compressed or encrypted")));
}

}  // namespace
}  // namespace understudy
