#include "data_pipeline/packer/hdf5_input.h"

#include <thread>

#include <gmock/gmock.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/data_pipeline/packer/foreign_hdf5.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::ElementsAre;

class Hdf5InputTest : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "a.h5"; }

 private:
  TemporaryFolder folder_;
};

TEST_F(Hdf5InputTest, ReadsEveryStorageAndByteOrder) {
  std::vector<std::uint8_t> bytes(7 * 2 * 3);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(5 * i);
  {
    ForeignHdf5 file(path());
    file.table("/a/packed", H5T_STD_U8LE, H5T_NATIVE_UINT8, {7, 2, 3}, bytes, 3);
    file.table("/a/plain", H5T_STD_U8LE, H5T_NATIVE_UINT8, {7, 2, 3}, bytes);
    file.table<double>("/a/big", H5T_IEEE_F64BE, H5T_NATIVE_DOUBLE, {3}, {0.5, -2.0, 1e9}, 2);
    file.table<int>("/a/counts", H5T_STD_I16BE, H5T_NATIVE_INT, {2}, {300, 7});
    file.texts("/a/names", {"one", "", "three"});
    file.text_attribute("/a", "speaker", "id7  ");
  }
  const Hdf5Input input(path());
  for (const char* table : {"/a/packed", "/a/plain"}) {
    EXPECT_EQ(input.find(table)->element, InputElement::kBytes);
    EXPECT_THAT(input.find(table)->extent, ElementsAre(7, 2, 3));
    std::vector<std::uint8_t> rows(2 * 6);
    input.read_bytes(table, 4, 2, rows);
    EXPECT_TRUE(std::equal(rows.begin(), rows.end(), bytes.begin() + 24));
  }
  std::vector<float> floats(3);
  input.read_floats("/a/big", 0, 3, floats);
  EXPECT_THAT(floats, ElementsAre(0.5F, -2.0F, 1e9F));
  EXPECT_EQ(input.find("/a/counts")->element, InputElement::kWholeNumbers);
  EXPECT_THAT(input.read_numbers("/a/counts"), ElementsAre(300, 7));
  EXPECT_THAT(input.read_texts("/a/counts"), ElementsAre("300", "7"));
  EXPECT_THAT(input.read_texts("/a/names"), ElementsAre("one", "", "three"));
  EXPECT_EQ(input.attribute("/a", "speaker"), "id7");
  EXPECT_EQ(input.attribute("/a", "nobody"), std::nullopt);
  EXPECT_EQ(input.attribute("/b", "speaker"), std::nullopt);
  EXPECT_THAT(input.groups("/"), ElementsAre("a"));
  EXPECT_THAT(input.tables("/a"), ElementsAre("big", "counts", "names", "packed", "plain"));
}

TEST_F(Hdf5InputTest, ReadsListsOfBytes) {
  {
    ForeignHdf5 file(path());
    file.byte_lists("/jpegs", {{std::byte{1}, std::byte{2}}, {}, {std::byte{3}}});
  }
  const Hdf5Input input(path());
  EXPECT_EQ(input.find("/jpegs")->element, InputElement::kByteLists);
  EXPECT_THAT(input.read_byte_list("/jpegs", 0), ElementsAre(std::byte{1}, std::byte{2}));
  EXPECT_THAT(input.read_byte_list("/jpegs", 1), ElementsAre());
  EXPECT_THAT(input.read_byte_list("/jpegs", 2), ElementsAre(std::byte{3}));
  EXPECT_THROW(input.read_byte_list("/jpegs", 3), DataError);
}

TEST_F(Hdf5InputTest, FollowsNothingOutOfTheFile) {
  {
    ForeignHdf5 file(path());
    file.table<std::uint8_t>("/a", H5T_STD_U8LE, H5T_NATIVE_UINT8, {2}, {1, 2});
    file.soft_link("/b", "/a");
  }
  const Hdf5Input input(path());
  EXPECT_EQ(input.find("/b"), std::nullopt);
  EXPECT_EQ(input.find("/c/d"), std::nullopt);
  EXPECT_EQ(input.find("/"), std::nullopt);
  EXPECT_THAT(input.tables("/"), ElementsAre("a"));
  std::vector<std::uint8_t> rows(2);
  EXPECT_THROW(input.read_bytes("/a", 1, 2, rows), DataError);
  EXPECT_THROW(input.read_bytes("/a", 0, 1, rows), DataError);
  EXPECT_THROW(input.read_numbers("/c"), DataError);
  write_file_atomically(path(), "this is text");
  EXPECT_THROW(Hdf5Input{path()}, DataError);
}

TEST_F(Hdf5InputTest, ServesThreadsWithObjectsOfTheirOwn) {
  std::vector<std::uint8_t> bytes(64 * 100);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i / 100);
  {
    ForeignHdf5 file(path());
    file.table("/a", H5T_STD_U8LE, H5T_NATIVE_UINT8, {64, 100}, bytes, 4);
  }
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      const Hdf5Input input(path());
      std::vector<std::uint8_t> row(100);
      for (std::size_t i = 0; i < 64; ++i) {
        const std::size_t at = (i * 7 + t * 13) % 64;
        input.read_bytes("/a", at, 1, row);
        wrong[t] += row != std::vector<std::uint8_t>(100, static_cast<std::uint8_t>(at)) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(wrong, testing::Each(0));
}

}  // namespace
}  // namespace understudy
