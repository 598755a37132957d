#include "data_pipeline/shard_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ShardTablesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Hdf5Writer file(path_);
    TableWriter tables(file);
    tables.add_text("/clip/name", {"a", "a name that is longer than eight"}, 8);
    tables.add("/clip/size", std::vector<std::uint16_t>{1, 2, 3, 4}, {2, 2});
    tables.add("/clip/later", std::vector<std::int32_t>{-1, 5});
    tables.finish();
    file.close();
  }
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "x.h5";
};

TEST_F(ShardTablesTest, ComeBackInTheOrderOfWriting) {
  const Hdf5Reader structure(path_);
  const PlainFile file(path_);
  TableReader reader(structure, file);
  EXPECT_THAT(reader.take_text("/clip/name", TableReader::kAnyRows),
              ElementsAre("a", "a name that is longer than eight"));
  EXPECT_THAT(reader.take<std::uint16_t>("/clip/size", 2, {2}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(reader.take<std::int32_t>("/clip/later", 2), ElementsAre(-1, 5));
}

TEST_F(ShardTablesTest, TextsWidenTheirRowsByDoubling) {
  EXPECT_EQ(Hdf5Reader(path_).locate("/clip/name", Element::kText, 1).element_bytes, 32U);
}

TEST_F(ShardTablesTest, NameTheTableThatIsDamagedOrOfAnotherSize) {
  flip_byte(path_, Hdf5Reader(path_).locate("/clip/size", Element::kU16, 2).offset + 4);
  const Hdf5Reader structure(path_);
  const PlainFile file(path_);
  TableReader reader(structure, file);
  EXPECT_THAT(message_of([&] { reader.take_text("/clip/name", 3); }), HasSubstr("/clip/name is 2 where 3 is wanted"));
  EXPECT_EQ(reader.take_text("/clip/name", 2).size(), 2U);
  EXPECT_THAT(message_of([&] { reader.take<std::uint16_t>("/clip/size", 2, {2}); }),
              AllOf(HasSubstr("/clip/size is damaged: CRC32C 0x"), HasSubstr("stored 0x")));
}

TEST(RequireAscending, RefusesRowsThatFallOrMissTheirEnd) {
  const auto error = [](std::vector<std::uint64_t> starts) {
    return message_of([&] { require_ascending(starts, 9, "x.h5", "/frame/offset"); });
  };
  EXPECT_EQ(error({0, 4, 4, 9}), "");
  EXPECT_THAT(error({0, 5, 4, 9}), HasSubstr("x.h5: /frame/offset does not rise from 0 to 9"));
  EXPECT_NE(error({1, 9}), "");
  EXPECT_NE(error({0, 8}), "");
  EXPECT_NE(error({}), "");
}

}  // namespace
}  // namespace understudy
