#include "clusters/outcome.h"

#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

TEST(Outcome, ComesBackAsWritten) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "outcome.json";
  for (const ExitCode code : {ExitCode::kDone, ExitCode::kRunAgain, ExitCode::kUsage, ExitCode::kInternal}) {
    write_outcome(file, {code, "a \"quoted\" line\n", EndCause::kNotFinite, 3, "token"});
    const auto outcome = read_outcome(file);
    ASSERT_TRUE(outcome.has_value());
    EXPECT_EQ(outcome->code, code);
    EXPECT_EQ(outcome->message, "a \"quoted\" line\n");
    EXPECT_EQ(outcome->cause, EndCause::kNotFinite);
    EXPECT_EQ(outcome->rank, 3);
    EXPECT_EQ(outcome->start, "token");
  }
}

TEST(Outcome, IsNothingWhereTheFileIsMissingOrNotOne) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "outcome.json";
  EXPECT_FALSE(read_outcome(file).has_value());
  for (const char* text : {"", "{\"outcome\": \"do", "[]", "{\"outcome\": 3}", "{\"outcome\": \"great\"}"}) {
    write_file_atomically(file, text);
    EXPECT_FALSE(read_outcome(file).has_value()) << text;
  }
}

}  // namespace
}  // namespace understudy
