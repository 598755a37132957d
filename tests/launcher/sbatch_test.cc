#include "launcher/sbatch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "launcher/sbatch_remedies.h"
#include "tests/launcher/search_path.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// Shell text in the place of sbatch.
class SbatchCall : public testing::Test {
 protected:
  Sbatch sbatch_that(const std::string& script) {
    make_program(folder_.path() / "sbatch", script);
    return {};
  }
  TemporaryFolder folder_;
  SearchPath path_{folder_.path().string() + ":/usr/bin:/bin"};
};

TEST_F(SbatchCall, GivesTheScriptAndReadsTheNumber) {
  const Sbatch sbatch = sbatch_that("[ \"$*\" = '--parsable my job.sh' ] && echo 42");
  EXPECT_EQ(sbatch.submit("my job.sh").id, "42");
}

TEST_F(SbatchCall, ReadsTheNumberBesideAClusterAndKeepsRemarks) {
  const SubmittedJob job =
      sbatch_that("echo 'sbatch: 3 hours of your budget are left' >&2; echo '42;north'").submit("a");
  EXPECT_EQ(job.id, "42");
  EXPECT_EQ(job.remarks, "sbatch: 3 hours of your budget are left\n");
}

TEST_F(SbatchCall, ShowsARefusalWithWhatHelps) {
  const Sbatch sbatch = sbatch_that("echo 'sbatch: error: Invalid qos specification' >&2; exit 1");
  EXPECT_THAT(
      [&] { sbatch.submit("a"); },
      ThrowsMessage<ConfigError>(AllOf(HasSubstr("sbatch refused the job (exit code 1):\n  sbatch: error: Invalid qos"),
                                       HasSubstr("\nWhat helps: set slurm.qos"))));
  EXPECT_THROW(sbatch.test("a"), ConfigError);
}

TEST_F(SbatchCall, TurnsEveryRefusalOfTheTableIntoItsKindOfError) {
  for (const SbatchRemedy& item : sbatch_remedies()) {
    const Sbatch sbatch = sbatch_that("cat >&2 <<'END'\nsbatch: error: " + std::string(item.message) + "\nEND\nexit 1");
    const auto submit = [&] { sbatch.submit("a"); };
    if (item.code == ExitCode::kInternal) {
      EXPECT_THAT(submit, ThrowsMessage<ClusterError>(HasSubstr(std::string(item.remedy))));
    } else {
      EXPECT_THAT(submit, ThrowsMessage<ConfigError>(HasSubstr(std::string(item.remedy))));
    }
  }
}

TEST_F(SbatchCall, ShowsARefusalThatNobodyKnows) {
  EXPECT_THAT(
      [&] { sbatch_that("echo 'sbatch: error: our own rule' >&2; exit 3").submit("a"); },
      ThrowsMessage<ConfigError>(AllOf(HasSubstr("exit code 3"), HasSubstr("our own rule"), HasSubstr("--dry-run"))));
  EXPECT_THAT([&] { sbatch_that("exit 3").submit("a"); }, ThrowsMessage<ConfigError>(HasSubstr("it gave no reason")));
}

TEST_F(SbatchCall, DoesNotTakeAnythingForANumber) {
  EXPECT_THAT([&] { sbatch_that("echo 'Welcome to the cluster'").submit("a"); },
              ThrowsMessage<ClusterError>(AllOf(HasSubstr("named no job"), HasSubstr("Welcome to the cluster"))));
  EXPECT_THROW(sbatch_that("exit 0").submit("a"), ClusterError);
}

TEST_F(SbatchCall, HasAScriptTestedThroughItsStandardInput) {
  const Sbatch sbatch = sbatch_that("[ \"$*\" = --test-only ] && cat && echo 'sbatch: Job 7 to start at noon' >&2");
  EXPECT_EQ(sbatch.test("#!/bin/bash\n"), "#!/bin/bash\nsbatch: Job 7 to start at noon\n");
}

TEST_F(SbatchCall, SaysWhereThereIsNone) {
  const SearchPath nowhere("/nowhere");
  EXPECT_THAT([] { Sbatch(); }, ThrowsMessage<ConfigError>(HasSubstr("no sbatch in PATH")));
}

}  // namespace
}  // namespace understudy
