#include "clusters/symbols.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace understudy {

/// Its address is looked up by name.
[[gnu::noinline]] int function_with_a_name(int value) {
  return value + 1;
}

namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Symbols, NamesFunctionsOfTheProgramAndOfLibraries) {
  Symbols symbols(getpid());
  const auto own = reinterpret_cast<std::uint64_t>(&function_with_a_name);
  EXPECT_THAT(symbols.describe(own), StartsWith("understudy::function_with_a_name + 0x0 ("));
  EXPECT_THAT(symbols.describe(own + 1), HasSubstr("function_with_a_name + 0x1"));
  EXPECT_THAT(symbols.describe(reinterpret_cast<std::uint64_t>(&std::abort)), HasSubstr("abort"));
}

TEST(Symbols, GivesTheNumberWhereNothingIsKnown) {
  Symbols symbols(getpid());
  EXPECT_EQ(symbols.describe(0x10), "0x10");
}

}  // namespace
}  // namespace understudy
