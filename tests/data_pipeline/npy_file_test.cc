#include "data_pipeline/npy_file.h"

#include <cmath>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/data_pipeline/numpy_files.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ReadNpy : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& bytes) const {
    const std::filesystem::path path = folder_.path() / "array.npy";
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  NpyArray read(const std::string& bytes) const { return read_npy(file(bytes)); }

  void expect_refused(const std::string& bytes, const std::string& reason) const {
    const std::filesystem::path path = file(bytes);
    try {
      read_npy(path);
      FAIL() << "accepted although " << reason;
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr(path.string()));
      EXPECT_THAT(error.what(), HasSubstr(reason));
    }
  }

  TemporaryFolder folder_;
};

TEST_F(ReadNpy, ReadsLandmarksOfEitherPrecision) {
  const NpyArray narrow = read(npy("<f4", "(1, 2, 2)", raw<float>({1.5F, 2.0F, -3.25F, 4.0F})));
  EXPECT_THAT(narrow.shape, ElementsAre(1, 2, 2));
  EXPECT_THAT(narrow.values, ElementsAre(1.5, 2.0, -3.25, 4.0));
  EXPECT_THAT(read(npy("<f8", "(2,)", raw<double>({1e-300, 7}))).values, ElementsAre(1e-300, 7));
}

TEST_F(ReadNpy, ReadsWholeNumbersHalvesAndTheOtherByteOrder) {
  EXPECT_THAT(read(npy("|u1", "(3,)", std::string("\x00\x7F\xFF", 3))).values, ElementsAre(0, 127, 255));
  EXPECT_THAT(read(npy("<i8", "(1,)", raw<std::int64_t>({-5}))).values, ElementsAre(-5));
  EXPECT_THAT(read(npy(">i2", "(2,)", std::string("\x01\x02\xFF\xFE", 4))).values, ElementsAre(258, -2));
  EXPECT_THAT(read(npy("<f2", "(4,)", std::string("\x00\x3C\x00\xC0\x01\x00\x00\x7C", 8))).values,
              ElementsAre(1.0, -2.0, std::ldexp(1.0, -24), INFINITY));
}

TEST_F(ReadNpy, PutsColumnMajorTablesInOrder) {
  const NpyArray array = read(npy("<f4", "(2, 3)", raw<float>({11, 21, 12, 22, 13, 23}), true));
  EXPECT_THAT(array.values, ElementsAre(11, 12, 13, 21, 22, 23));
}

TEST_F(ReadNpy, ReadsScalarsAndEmptyTables) {
  EXPECT_THAT(read(npy("<f8", "()", raw<double>({3}))).values, ElementsAre(3));
  const NpyArray empty = read(npy("<f4", "(0, 68, 2)", ""));
  EXPECT_THAT(empty.shape, ElementsAre(0, 68, 2));
  EXPECT_TRUE(empty.values.empty());
}

TEST_F(ReadNpy, ReadsWhatNumPyWrites) {  // np.save of a 2 x 3 array in columns, NumPy 2.4
  std::string bytes("\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", 68);
  bytes += std::string(59, ' ') + "\n" + raw<float>({-2, 2.5, -0.5, 4, 1, 5.5});
  const NpyArray array = read(bytes);
  EXPECT_THAT(array.shape, ElementsAre(2, 3));
  EXPECT_THAT(array.values, ElementsAre(-2, -0.5, 1, 2.5, 4, 5.5));
  EXPECT_EQ(shape_text(array), "[2, 3]");
}

TEST_F(ReadNpy, ReadsLaterVersionsOfTheHeader) {
  std::string bytes = npy("<f8", "(1,)", raw<double>({3}));
  bytes[6] = '\x02';
  bytes.insert(10, 2, '\0');
  EXPECT_THAT(read(bytes).values, ElementsAre(3));
}

TEST_F(ReadNpy, RefusesWhatIsNoArrayOfNumbers) {
  expect_refused("", "the file is empty");
  expect_refused("PK\x03\x04 an archive", "does not begin as .npy files do");
  expect_refused("\x93NUMPY", "format version 0");
  expect_refused(npy("|O", "(1,)", "\x80\x04K\x01."), "type '|O'");
  std::string later = npy("<f4", "(1,)", std::string(4, 'a'));
  later[6] = '\x09';
  expect_refused(later, "format version 9");
  EXPECT_THROW(read_npy(folder_.path() / "none.npy"), DataError);
  EXPECT_THROW(read_npy(folder_.path()), DataError);
}

TEST_F(ReadNpy, RefusesSizesThatDoNotFit) {
  expect_refused(npy("<f4", "(2, 2)", std::string(12, 'a')), "12 bytes of numbers do not fit its shape [2, 2]");
  expect_refused(npy("<f4", "(2, 2)", std::string(17, 'a')), "17 bytes of numbers do not fit");
  expect_refused(npy("<f4", "(9000000000, 9000000000)", ""), "more than 2^26 numbers");
  expect_refused(npy("<f8", "(4611686018427387904, 4)", ""), "more than 2^26 numbers");
  expect_refused(npy("<f4", "(1,)", std::string(4, 'a')).substr(0, 40), "ends within the header");
  std::string long_header = npy("<f4", "(1,)", std::string(4, 'a'));
  long_header[6] = '\x02';  // 4 bytes of length, of which two are the header's first letters
  expect_refused(long_header, "ends within the header");
}

}  // namespace
}  // namespace understudy
