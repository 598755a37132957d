#include "data_pipeline/csv_reader.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data_pipeline/damage.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(std::string_view text) {
  CsvReader reader(text, "t.csv");
  Rows rows;
  while (reader.next()) {
    rows.emplace_back();
    for (std::size_t c = 0; c < reader.names().size(); ++c) rows.back().push_back(reader.field(c));
  }
  return rows;
}

void expect_refused(std::string_view text, const std::string& reason) {
  EXPECT_THAT(message_of([&] { rows_of(text); }), AllOf(HasSubstr("t.csv: "), HasSubstr(reason))) << text;
}

TEST(CsvReader, ReadsNamesAndRows) {
  CsvReader reader("id,path\n7,a/b\n8,c\n", "t.csv");
  EXPECT_THAT(reader.names(), ElementsAre("id", "path"));
  EXPECT_EQ(reader.column("path"), 1);
  EXPECT_EQ(reader.find_column("none"), std::nullopt);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.field(1), "a/b");
  EXPECT_EQ(reader.line(), 2);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.whole_number(0), 8);
  EXPECT_FALSE(reader.next());
}

TEST(CsvReader, TakesWindowsLinesBlanksAndAByteOrderMark) {
  EXPECT_EQ(rows_of("\xEF\xBB\xBF"
                    "a, b\r\n1 , 2\r\n\r\n3,\t4"),
            (Rows{{"1", "2"}, {"3", "4"}}));
  EXPECT_EQ(rows_of("a\n\n\n1\n\n"), (Rows{{"1"}}));
  EXPECT_EQ(rows_of("a,b\n,\n"), (Rows{{"", ""}}));
  EXPECT_EQ(rows_of("a,b\n"), Rows{});
}

TEST(CsvReader, TakesQuotedFields) {
  EXPECT_EQ(rows_of("a,\"b\"\n\"1, 2\", \" 3 \" \n\"x\ny\",\"say \"\"no\"\"\"\n"),
            (Rows{{"1, 2", " 3 "}, {"x\ny", "say \"no\""}}));
}

TEST(CsvReader, ReadsNumbers) {
  CsvReader reader("a,b,c,d\n-0.5,1e-3,nan,12\n", "t.csv");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.number(0), -0.5);
  EXPECT_EQ(reader.number(1), 1e-3);
  EXPECT_TRUE(std::isnan(reader.number(2)));
  EXPECT_EQ(reader.whole_number(3), 12);
  EXPECT_THAT(message_of([&] { reader.whole_number(0); }),
              HasSubstr("t.csv: line 2: column \"a\" holds \"-0.5\", not a whole number"));
}

TEST(CsvReader, RefusesOtherNumbers) {
  for (const char* field : {"", "x", "1x", "0x10", "1 2", "1;5", "--1"}) {
    const std::string text = std::string("a,b\n") + field + ",1\n";
    CsvReader reader(text, "t.csv");
    ASSERT_TRUE(reader.next());
    EXPECT_THROW(reader.number(0), DataError) << field;
  }
}

TEST(CsvReader, RefusesDamagedTablesAndSaysWhere) {
  expect_refused("", "the table is empty");
  expect_refused("a,b,a\n", "the column \"a\" is there twice");
  expect_refused("a,b\n1,2\n1,2,3\n", "line 3: 3 fields for 2 columns");
  expect_refused("a,b\n\"1\n\n\",2\n1\n", "line 5: 1 fields for 2 columns");
  expect_refused("a,b\n1,\"2\n3,4\n", "line 2: a quoted field has no end");
  expect_refused("a,b\n1,\"2\"3\n", "line 2: text behind the end of a quoted field");
  expect_refused("a,b\n1,2\"3\"\n", "line 2: a quote within a field");
  EXPECT_THAT(message_of([] { CsvReader("a, b\n", "t.csv").column("c"); }),
              HasSubstr("t.csv: there is no column \"c\"; the first line names a, b"));
}

}  // namespace
}  // namespace understudy
