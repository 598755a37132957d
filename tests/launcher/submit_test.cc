#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "launcher/commands/command.h"
#include "tests/launcher/search_path.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// The whole command with shell text in the place of sbatch, which counts its calls in a file.
class Submit : public testing::Test {
 protected:
  Submit() {
    write_file_atomically(profile_, "[slurm]\nnodes = 2\ntasks_per_node = 2\n");
    write_file_atomically(config_, "[batch]\nglobal_batch = 8\nmicro_batch = 2\n");
    let_sbatch("echo $((100 + $(wc -l < calls)))");
  }
  void let_sbatch(const std::string& script) {
    make_program(folder_.path() / "sbatch", "cd '" + folder_.path().string() + "'\necho \"$@\" >> calls\n" + script);
  }
  /// @return  what went to standard output
  std::string submit(std::vector<std::string> more) {
    std::vector<std::string> words{"submit", config_.string(), "--profile", profile_.string(), "--run", run_.string()};
    words.insert(words.end(), more.begin(), more.end());
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    CLI::App app;
    RunCommand chosen;
    add_submit_command(app, chosen);
    app.parse(words);
    testing::internal::CaptureStdout();
    try {
      EXPECT_EQ(chosen.run(), ExitCode::kDone);
    } catch (...) {
      printed_ = testing::internal::GetCapturedStdout();
      throw;
    }
    return testing::internal::GetCapturedStdout();
  }
  std::string calls() const {
    const auto file = folder_.path() / "calls";
    return std::filesystem::exists(file) ? read_file(file) : "";
  }

  TemporaryFolder folder_;
  SearchPath path_{folder_.path().string() + ":/usr/bin:/bin"};
  std::filesystem::path profile_ = folder_.path() / "cluster.toml";
  std::filesystem::path config_ = folder_.path() / "run.toml";
  std::filesystem::path run_ = folder_.path() / "runs" / "first";
  std::string printed_;
};

TEST_F(Submit, HandsTheScriptInAndSaysHowToWatchAndStopTheJob) {
  const std::string said = submit({});
  EXPECT_EQ(calls(), "--parsable " + (run_ / "job.sh").string() + "\n");
  EXPECT_THAT(read_file(run_ / "job.sh"), HasSubstr("launch --ranks 4 "));
  EXPECT_THAT(said,
              AllOf(HasSubstr("job     101 (first)\nranks   4 (2 a node, 2 nodes)\n"),
                    HasSubstr("log     " + (run_ / "slurm-101.out").string()),
                    HasSubstr("squeue --jobs=101"),
                    HasSubstr("scancel --batch --signal=INT 101")));
}

TEST_F(Submit, HandsAChainInJobByJob) {
  write_file_atomically(profile_, "[slurm]\nrequeue = \"chain\"\nchain_length = 3\n");
  const std::string said = submit({});
  EXPECT_EQ(calls(), [&] {
    const std::string call = "--parsable " + (run_ / "job.sh").string() + "\n";
    return call + call + call;
  }());
  EXPECT_THAT(said, AllOf(HasSubstr("101, 102, 103"), HasSubstr("scancel 102 103 ")));
}

TEST_F(Submit, NamesTheJobsOfAChainThatBrokeOff) {
  write_file_atomically(profile_, "[slurm]\nrequeue = \"chain\"\nchain_length = 3\n");
  let_sbatch(
      "[ $(wc -l < calls) = 3 ] || exec echo 20$(wc -l < calls)\necho 'AssocMaxSubmitJobLimit' >&2\n"
      "echo 'Job violates accounting/QOS policy' >&2\nexit 1");
  EXPECT_THAT([&] { submit({}); }, ThrowsMessage<ConfigError>(HasSubstr("AssocMaxSubmitJobLimit")));
  EXPECT_THAT(printed_, AllOf(HasSubstr("2 of 3 jobs of the chain"), HasSubstr("201, 202"), HasSubstr("scancel 202 ")));
}

TEST_F(Submit, ShowsTheScriptAloneOnADryRunAndLeavesNothingBehind) {
  const SearchPath nowhere("/nowhere");
  const std::string said = submit({"--dry-run"});
  EXPECT_THAT(
      said, AllOf(testing::StartsWith("#!/bin/bash\n"), HasSubstr("\nexec "), testing::EndsWith(run_.string() + "\n")));
  EXPECT_FALSE(std::filesystem::exists(run_.parent_path()));
}

TEST_F(Submit, HasTheScriptTestedAndLeavesNothingBehind) {
  let_sbatch("head -n 1; echo 'Job 7 to start at noon' >&2");
  EXPECT_EQ(submit({"--test-only"}), "#!/bin/bash\nJob 7 to start at noon\n");
  EXPECT_EQ(calls(), "--test-only\n");
  EXPECT_FALSE(std::filesystem::exists(run_.parent_path()));
}

TEST_F(Submit, GivesTheCommandLineOverTheProfile) {
  const std::string said = submit({"--dry-run",
                                   "--nodes",
                                   "1",
                                   "--time",
                                   "1:00:00",
                                   "--partition",
                                   "p",
                                   "--account",
                                   "a",
                                   "--qos",
                                   "q",
                                   "--set",
                                   "batch.micro_batch=4"});
  for (const char* option : {"--nodes=1", "--time=1:00:00", "--partition=p", "--account=a", "--qos=q"})
    EXPECT_THAT(said, HasSubstr(std::string("#SBATCH ") + option + "\n"));
  EXPECT_THAT(said, testing::EndsWith(" --set batch.micro_batch=4\n"));
}

TEST_F(Submit, RefusesWhatTheJobWouldDieOf) {
  EXPECT_THAT(
      [&] {
        submit({"--nodes", "3"});
      },
      ThrowsMessage<ConfigError>(HasSubstr("6 ranks cannot share 4 micro-batches")));
  EXPECT_THAT(
      [&] {
        submit({"--set", "batch.micro_bach=2"});
      },
      ThrowsMessage<ConfigError>(HasSubstr("did you mean batch.micro_batch?")));
  EXPECT_THAT([&] { submit({"--set", "nonsense"}); }, ThrowsMessage<ConfigError>(HasSubstr("SECTION.KEY=VALUE")));
  write_file_atomically(profile_, "[slurm]\ntime = \"soon\"\n");
  EXPECT_THAT([&] { submit({}); }, ThrowsMessage<ConfigError>(HasSubstr("no time limit")));
  EXPECT_EQ(calls(), "");
}

TEST_F(Submit, LeavesNoFolderBehindWhereThereIsNoSbatch) {
  const SearchPath nowhere("/nowhere");
  EXPECT_THAT([&] { submit({}); }, ThrowsMessage<ConfigError>(HasSubstr("no sbatch in PATH")));
  EXPECT_FALSE(std::filesystem::exists(run_.parent_path()));
}

TEST_F(Submit, TellsAnUnreachableClusterFromAWrongRequest) {
  let_sbatch("echo 'Unable to contact slurm controller (connect failure)' >&2; exit 1");
  EXPECT_THROW(submit({}), ClusterError);
  let_sbatch("echo 'Invalid account or account/partition combination specified' >&2; exit 1");
  EXPECT_THROW(submit({}), ConfigError);
}

TEST_F(Submit, TestsOrShowsButNotBoth) {
  EXPECT_THROW(submit({"--dry-run", "--test-only"}), CLI::ParseError);
}

}  // namespace
}  // namespace understudy
