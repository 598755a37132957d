#include "data_pipeline/picture_folder.h"

#include <string>

#include <gmock/gmock.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

TEST(NaturalOrder, ComparesRunsOfDigitsAsNumbers) {
  EXPECT_TRUE(natural_less("frame9.png", "frame10.png"));
  EXPECT_FALSE(natural_less("frame10.png", "frame9.png"));
  EXPECT_TRUE(natural_less("a2b9", "a2b10"));
  EXPECT_TRUE(natural_less("a", "a0"));
  EXPECT_TRUE(natural_less("a100000000000000000000000000001", "a100000000000000000000000000002"))
      << "longer than any integer";
}

TEST(NaturalOrder, IsStrictEvenForLeadingZeros) {
  EXPECT_TRUE(natural_less("f01", "f1"));
  EXPECT_FALSE(natural_less("f1", "f01"));
  EXPECT_FALSE(natural_less("f1", "f1"));
  EXPECT_TRUE(natural_less("f01z", "f2")) << "zeros do not outweigh the number";
}

TEST(ListPictures, SortsNaturallyAndSkipsEverythingElse) {
  const TemporaryFolder folder;
  for (const char* name : {"p10.png", "p9.JPG", "p1.jpeg", "notes.txt", ".p0.png"})
    write_file_atomically(folder.path() / name, "x");
  std::filesystem::create_directory(folder.path() / "sub.png");
  std::vector<std::string> names;
  for (const auto& path : list_pictures(folder.path())) names.push_back(path.filename().string());
  EXPECT_THAT(names, testing::ElementsAre("p1.jpeg", "p9.JPG", "p10.png"));
}

TEST(ListPictures, NamesAFolderWithoutPictures) {
  const TemporaryFolder folder;
  try {
    list_pictures(folder.path());
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(),
                testing::AllOf(testing::HasSubstr(folder.path().string()), testing::HasSubstr(".png, .jpg and .jpeg")));
  }
  EXPECT_THROW(list_pictures(folder.path() / "none"), DataError);
}

}  // namespace
}  // namespace understudy
