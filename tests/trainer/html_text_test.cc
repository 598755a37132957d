#include "trainer/report/html_text.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

std::string encoded(std::string_view text) {
  return base64(std::as_bytes(std::span(text.data(), text.size())));
}

TEST(HtmlText, IsEscaped) {
  EXPECT_EQ(escaped("a < b & \"c\" > 'd'"), "a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39;");
}

TEST(HtmlText, GroupsDigits) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(4'000'000), "4,000,000");
  EXPECT_EQ(count_text(-123'456), "-123,456");
}

TEST(HtmlText, TellsDurationsInTwoUnits) {
  EXPECT_EQ(duration_text(-1e-9), "0.00 s");
  EXPECT_EQ(duration_text(4.2), "4.20 s");
  EXPECT_EQ(duration_text(59.999), "1 min 00 s");
  EXPECT_EQ(duration_text(429), "7 min 09 s");
  EXPECT_EQ(duration_text(3599.9), "1 h 00 min");
  EXPECT_EQ(duration_text(7500), "2 h 05 min");
  EXPECT_EQ(duration_text(3 * 86400 + 4 * 3600), "3 d 04 h");
}

TEST(HtmlText, TellsPartsOfATimeInOneUnit) {
  EXPECT_EQ(book_time_text(3599.254, 3599.9), "3599.25 s");
  EXPECT_EQ(book_time_text(-1e-9, 10.0), "0.00 s");
  EXPECT_EQ(book_time_text(0.4, 3600.0), "0:00:00");
  EXPECT_EQ(book_time_text(100 * 3600 + 61.7, 1e6), "100:01:02");
}

TEST(HtmlText, TellsDates) {
  EXPECT_EQ(date_text(1700000000.9), "2023-11-14 22:13:20");
}

/// RFC 4648, section 10.
TEST(HtmlText, EncodesBase64) {
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foob"), "Zm9vYg==");
  EXPECT_EQ(encoded("fooba"), "Zm9vYmE=");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encoded("\xff\xfe\xfd"), "//79");
}

}  // namespace
}  // namespace understudy
