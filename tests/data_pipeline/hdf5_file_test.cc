#include "data_pipeline/hdf5_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "data_pipeline/plain_file.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Hdf5FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Hdf5Writer writer(path_);
    writer.text_attribute("format", "test");
    writer.float_attribute("size", 256.0F);
    writer.u64_attribute("frames", 12);
    const std::vector<std::uint32_t> values{1, 2, 3, 4, 5, 6};
    writer.table("/a/values", std::span<const std::uint32_t>(values), {3, 2});
    writer.table("/a/none", std::span<const float>(), {0, 4});
    writer.table_text_attribute("/a/values", "codec", "plain");
    writer.table_u32_attribute("/a/values", "quality", 95);
    writer.close();
  }
  /// Adds a table in a way that our writer never would, and tells what the reader says to it.
  std::string error_after(const std::function<void(hid_t)>& edit, const std::string& table = "/odd") {
    edit_hdf5(path_, edit);
    return message_of([&] { Hdf5Reader(path_).locate(table, Element::kU32, 1); });
  }
  static void make(hid_t file, hid_t type, hid_t creation) {
    const hsize_t side = 8;
    const hid_t space = H5Screate_simple(1, &side, nullptr);
    const hid_t table = H5Dcreate2(file, "/odd", type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    const std::vector<std::uint32_t> values(8, 1);
    if (creation == H5P_DEFAULT) H5Dwrite(table, H5T_NATIVE_UINT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(table);
    H5Sclose(space);
  }
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "x.h5";
};

TEST_F(Hdf5FileTest, ReadsAttributesOfTables) {
  const Hdf5Reader reader(path_);
  EXPECT_EQ(reader.text_attribute("codec", "/a/values"), "plain");
  EXPECT_EQ(reader.number_attribute("quality", "/a/values"), 95U);
  EXPECT_THAT(message_of([&] { reader.text_attribute("codec"); }), HasSubstr("\"codec\" is missing"));
  EXPECT_THAT(message_of([&] { reader.text_attribute("codec", "/a/gone"); }), HasSubstr("/a/gone is missing"));
}

TEST_F(Hdf5FileTest, TablesLieWhereTheReaderSays) {
  const Hdf5Reader reader(path_);
  const TablePlace place = reader.locate("/a/values", Element::kU32, 2);
  EXPECT_THAT(place.extent, ElementsAre(3, 2));
  std::vector<std::uint32_t> values(6);
  PlainFile(path_).read_at(place.offset, std::as_writable_bytes(std::span(values)));
  EXPECT_THAT(values, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(reader.locate("/a/none", Element::kF32, 2).bytes, 0U);
  EXPECT_EQ(reader.text_attribute("format"), "test");
  EXPECT_EQ(reader.float_attribute("size"), 256.0F);
  EXPECT_EQ(reader.number_attribute("frames"), 12U);
  EXPECT_TRUE(reader.has("/a/values"));
  EXPECT_FALSE(reader.has("/a/other"));
  EXPECT_FALSE(reader.has("/b/values"));
}

TEST_F(Hdf5FileTest, LargeTablesAreAlignedAndCopiedWhole) {
  std::string contents(9'000'000, 'x');
  contents[8'999'999] = 'y';
  write_file_atomically(folder_.path() / "contents", contents);
  const std::filesystem::path path = folder_.path() / "large.h5";
  Hdf5Writer writer(path);
  writer.table_from_file("/frame/bytes", folder_.path() / "contents", contents.size());
  writer.close();
  const TablePlace place = Hdf5Reader(path).locate("/frame/bytes", Element::kU8, 1);
  EXPECT_EQ(place.offset % (1U << 20), 0U);
  std::string read(contents.size(), '\0');
  PlainFile(path).read_at(place.offset, std::as_writable_bytes(std::span(read)));
  EXPECT_TRUE(read == contents);
}

TEST_F(Hdf5FileTest, NamesWhatIsMissingOrOfAnotherKind) {
  const Hdf5Reader reader(path_);
  EXPECT_THAT(message_of([&] { reader.locate("/a/other", Element::kU32, 1); }),
              AllOf(HasSubstr("x.h5: /a/other is missing")));
  EXPECT_THAT(message_of([&] { reader.locate("/a/values", Element::kU64, 2); }),
              HasSubstr("/a/values is not of type u64"));
  EXPECT_THAT(message_of([&] { reader.locate("/a/values", Element::kU32, 1); }),
              HasSubstr("has 2 dimensions instead of 1"));
  EXPECT_THAT(message_of([&] { reader.text_attribute("packer"); }), HasSubstr("attribute \"packer\" is missing"));
  EXPECT_THAT(message_of([&] { reader.text_attribute("frames"); }), HasSubstr("no fixed-length text"));
  EXPECT_THAT(message_of([&] { reader.version_attribute("frames"); }), HasSubstr("does not hold 2 number(s)"));
}

TEST_F(Hdf5FileTest, RefusesChunkedAndCompactStorage) {
  const auto error = error_after([](hid_t file) {
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk = 4;
    H5Pset_chunk(list, 1, &chunk);
    make(file, H5T_STD_U32LE, list);
    H5Pclose(list);
  });
  EXPECT_THAT(error, AllOf(HasSubstr("/odd is not stored contiguously"), HasSubstr("pack the set again")));
}

TEST_F(Hdf5FileTest, RefusesStorageInAnotherFile) {
  const auto error = error_after([](hid_t file) {
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(list, "elsewhere.bin", 0, 32);
    make(file, H5T_STD_U32LE, list);
    H5Pclose(list);
  });
  EXPECT_THAT(error, HasSubstr("/odd is stored in another file"));
}

TEST_F(Hdf5FileTest, RefusesLinksToElsewhere) {
  EXPECT_THAT(
      error_after([](hid_t file) { H5Lcreate_external("other.h5", "/a", file, "/outside", H5P_DEFAULT, H5P_DEFAULT); },
                  "/outside/values"),
      HasSubstr("/outside is a link to elsewhere"));
  EXPECT_THAT(
      error_after([](hid_t file) { H5Lcreate_soft("/a/values", file, "/soft", H5P_DEFAULT, H5P_DEFAULT); }, "/soft"),
      HasSubstr("/soft is a link to elsewhere"));
}

TEST_F(Hdf5FileTest, RefusesTheOtherByteOrder) {
  EXPECT_THAT(error_after([](hid_t file) { make(file, H5T_STD_U32BE, H5P_DEFAULT); }),
              HasSubstr("not of type u32, little-endian"));
}

TEST_F(Hdf5FileTest, RefusesFilesThatAreNoHdf5OrCut) {
  write_file_atomically(folder_.path() / "text.h5", "no HDF5");
  EXPECT_THAT(message_of([&] { Hdf5Reader(folder_.path() / "text.h5"); }),
              AllOf(HasSubstr("text.h5"), HasSubstr("is no whole HDF5 file")));
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 1);
  EXPECT_THAT(message_of([&] { Hdf5Reader{path_}; }),
              AllOf(HasSubstr("is no whole HDF5 file"), HasSubstr("truncated")));
  EXPECT_THAT(message_of([&] { Hdf5Reader(folder_.path() / "none.h5"); }), HasSubstr("cannot be read"));
}

TEST_F(Hdf5FileTest, AFolderThatDoesNotExistIsAFileError) {
  EXPECT_THROW(Hdf5Writer(folder_.path() / "none" / "x.h5"), FileError);
}

}  // namespace
}  // namespace understudy
