#include "data_pipeline/npz_file.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data_pipeline/damage.h"
#include "tests/data_pipeline/numpy_files.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class NpzFileTest : public testing::Test {
 protected:
  NpzFile open(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary) << bytes;
    return NpzFile(path_);
  }
  void expect_refused(const std::string& bytes, const std::string& reason) const {
    EXPECT_THAT(message_of([&] { open(bytes).read("a"); }), AllOf(HasSubstr(path_.string()), HasSubstr(reason)));
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "arrays.npz";
};

const std::string kArray = npy("<f4", "(2,)", raw<float>({1.5F, -2.0F}));

/// numpy.savez_compressed(f, shape=float32 [1, 2, 3], pose=float64 [[4, 5], [6, 7]]), NumPy 2.4: deflated, zip64.
const std::string kFromNumPy(
    "PK\x03\x04-\x00\x00\x00\x08\x00\x00\x00!\x00w\xa6@\xd1\xff\xff\xff\xff\xff\xff\xff\xff\x09\x00\x14\x00"
    "shape.npy\x01\x00\x10\x00\x8c\x00\x00\x00\x00\x00\x00\x00O\x00\x00\x00\x00\x00\x00\x00\x9b\xec\x17\xea"
    "\x1b\x10\xc9\xc8P\xc6P\xad\x9e\x92Z\x9c\x5c\xa4n\xa5\xa0n\x93\x66\xa2\xae\xa3\xa0\x9e\x96_TR\x94\x98"
    "\x17\x9f_\x94\x92\x0a\x12wK\xcc)N\x05\x8a\x17g$\x16\xa4\x02\xf9\x1a\xc6:\x9a:\x0a\xb5\x0a\x14\x00.\x06"
    "\x86\x06{\x06\x06\x06\x07 r\x00\x00PK\x03\x04-\x00\x00\x00\x08\x00\x00\x00!\x00\x1a\xf2\x1eo\xff\xff"
    "\xff\xff\xff\xff\xff\xff\x08\x00\x14\x00pose.npy\x01\x00\x10\x00\xa0\x00\x00\x00\x00\x00\x00\x00T\x00"
    "\x00\x00\x00\x00\x00\x00\x9b\xec\x17\xea\x1b\x10\xc9\xc8P\xc6P\xad\x9e\x92Z\x9c\x5c\xa4n\xa5\xa0n\x93"
    "f\xa1\xae\xa3\xa0\x9e\x96_TR\x94\x98\x17\x9f_\x94\x92\x0a\x12wK\xcc)N\x05\x8a\x17g$\x16\xa4\x02\xf9\x1a"
    "F:\x0a\x46\x9a:\x0a\xb5\x0a\x64\x03.\x06\x30\x10p\x80\xd0\x22PZ\x02J\xcb\x38\x00\x00PK\x01\x02-\x03-"
    "\x00\x00\x00\x08\x00\x00\x00!\x00w\xa6@\xd1O\x00\x00\x00\x8c\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x80\x01\x00\x00\x00\x00shape.npyPK\x01\x02-\x03-\x00\x00\x00\x08\x00\x00\x00!\x00"
    "\x1a\xf2\x1eoT\x00\x00\x00\xa0\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x01\x8a"
    "\x00\x00\x00pose.npyPK\x05\x06\x00\x00\x00\x00\x02\x00\x02\x00m\x00\x00\x00\x18\x01\x00\x00\x00\x00",
    411);

TEST_F(NpzFileTest, ReadsWhatNumPyWrites) {
  const NpzFile file = open(kFromNumPy);
  EXPECT_THAT(file.names(), ElementsAre("shape", "pose"));
  EXPECT_THAT(file.read("shape").values, ElementsAre(1, 2, 3));
  EXPECT_THAT(file.read("pose").shape, ElementsAre(2, 2));
  EXPECT_THAT(file.read("pose").values, ElementsAre(4, 5, 6, 7));
}

TEST_F(NpzFileTest, LeavesWhatIsNotAskedForAlone) {
  const NpzFile file = open(zip({{"names.npy", npy("|O", "(1,)", "pickle")}, {"a.npy", kArray}, {"readme.txt", "hi"}}));
  EXPECT_THAT(file.names(), ElementsAre("names", "a"));
  EXPECT_TRUE(file.has("a"));
  EXPECT_FALSE(file.has("readme"));
  EXPECT_THAT(file.read("a").values, ElementsAre(1.5, -2));
  EXPECT_THAT(message_of([&] { file.read("names"); }), HasSubstr("arrays.npz: names: no array of numbers"));
  EXPECT_THAT(message_of([&] { file.read("b"); }), HasSubstr("no array \"b\" among names, a"));
}

TEST_F(NpzFileTest, RefusesWhatIsNoArchive) {
  expect_refused("", "holds no array");
  expect_refused(kArray, "no .npz archive");
  expect_refused(kFromNumPy.substr(0, 300), "no .npz archive");
  EXPECT_THROW(NpzFile(folder_.path() / "none.npz"), DataError);
}

TEST_F(NpzFileTest, NoticesDamage) {
  std::string stored = zip({{"a.npy", kArray}});
  stored[40 + 128] ^= 1;  // one of the numbers
  expect_refused(stored, "damaged");
  std::string deflated = kFromNumPy;
  deflated[100] ^= 1;
  const NpzFile file = open(deflated);
  EXPECT_THAT(message_of([&] { file.read("shape"); }), HasSubstr("shape: damaged"));
}

TEST_F(NpzFileTest, RefusesSizesThatNoArrayHas) {
  std::string bytes = zip({{"a.npy", kArray}});
  const std::size_t directory = bytes.find("PK\x01\x02");
  bytes.replace(directory + 24, 4, little_endian(0x7FFFFFFF, 4));  // size when unpacked
  expect_refused(bytes, "unpacks to 2147483647 bytes, more than 268435456");
  bytes.replace(directory + 24, 4, little_endian(1000, 4));
  expect_refused(bytes, "damaged");
  expect_refused(zip({{"a.npy", kArray}}, 12), "neither stored nor deflated");
  expect_refused(zip(std::vector<std::pair<std::string, std::string>>(1001, {"a.npy", ""})), "1001 entries");
}

}  // namespace
}  // namespace understudy
