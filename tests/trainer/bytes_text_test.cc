#include "trainer/preflight/bytes_text.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(BytesText, TakesTheUnitThatFits) {
  EXPECT_EQ(bytes_text(0), "0.0 KiB");
  EXPECT_EQ(bytes_text(1024 * 1024 - 103), "1023.9 KiB");
  EXPECT_EQ(bytes_text(1024 * 1024), "1.0 MiB");
  EXPECT_EQ(bytes_text(std::int64_t{3} << 29), "1.50 GiB");
}

}  // namespace
}  // namespace understudy
