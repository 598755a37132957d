#include "data_pipeline/packer/table_text.h"

#include <gmock/gmock.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::ElementsAre;

TEST(TableText, PartsLinesAsCsvAndTabTablesDo) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "table.csv";
  write_file_atomically(path,
                        "\xEF\xBB\xBF"
                        "a, b ,c\r\n\r\n\"x, y\",\"say \"\"hi\"\"\",\n  one\ttwo, three \n   \nlast");
  const std::vector<TableRow> rows = read_table(path);
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_THAT(rows[0].fields, ElementsAre("a", "b", "c"));
  EXPECT_THAT(rows[1].fields, ElementsAre("x, y", "say \"hi\"", ""));
  EXPECT_THAT(rows[2].fields, ElementsAre("one", "two, three"));
  EXPECT_THAT(rows[3].fields, ElementsAre("last"));
  EXPECT_EQ(rows[3].line, 6U);
  EXPECT_EQ(column_of(rows[0], "c"), 2U);
  EXPECT_EQ(column_of(rows[0], "d"), std::nullopt);
  EXPECT_THROW(read_table(folder.path() / "none"), DataError);
}

}  // namespace
}  // namespace understudy
