#include "launcher/cluster_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

ClusterProfile read(const std::string& keys, const ProfileOverrides& overrides = {}) {
  return read_profile("[slurm]\n" + keys, "a.toml", overrides);
}

/// The message of the refusal; empty when the profile is taken.
std::string refusal_of(const std::string& keys, const ProfileOverrides& overrides = {}) {
  try {
    read(keys, overrides);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(ClusterProfile, ReadsEveryKind) {
  const ClusterProfile profile = read(R"(account = "vision"
nodes = 2
tasks_per_node = 4
memory = "64G"
exclusive = true
requeue = "chain"
chain_length = 3
starter = "mpirun"
modules = ["gcc/12", "openmpi"]
environment = ["NCCL_DEBUG=WARN", "EMPTY="]
)");
  EXPECT_EQ(profile.account, "vision");
  EXPECT_EQ(profile.ranks(), 8);
  EXPECT_EQ(profile.memory, "64G");
  EXPECT_TRUE(profile.exclusive);
  EXPECT_EQ(profile.requeue, Requeue::kChain);
  EXPECT_EQ(profile.chain_length, 3);
  EXPECT_EQ(profile.starter, Starter::kMpirun);
  EXPECT_THAT(profile.modules, ElementsAre("gcc/12", "openmpi"));
  EXPECT_THAT(profile.environment, ElementsAre("NCCL_DEBUG=WARN", "EMPTY="));
}

TEST(ClusterProfile, NeedsNoKeyAtAll) {
  const ClusterProfile profile = read_profile("", "a.toml", {});
  EXPECT_EQ(profile.ranks(), 1);
  EXPECT_EQ(profile.requeue, Requeue::kScontrol);
}

TEST(ClusterProfile, ShowsEveryWrongValueAtOnceWithItsLine) {
  EXPECT_THAT(refusal_of(R"(acount = "vision"
nodes = 0
time = "1d"
memory = "64GB"
output = "log.txt"
environment = ["1A=2", "A B=1", "A"]
extra = ["#SBATCH --exclusive"]
qos = "two\nlines"
)"),
              AllOf(HasSubstr("a.toml: 10 problems"),
                    HasSubstr("a.toml:2: slurm.acount: unknown key; did you mean slurm.account?"),
                    HasSubstr("a.toml:3: slurm.nodes: must lie between 1 and 100000, not be 0"),
                    HasSubstr("a.toml:4: slurm.time: \"1d\" is no time limit"),
                    HasSubstr("a.toml:5: slurm.memory: \"64GB\" is no amount of memory"),
                    HasSubstr("a.toml:6: slurm.output: \"log.txt\" must hold %j"),
                    HasSubstr("a.toml:7: slurm.environment: \"1A=2\" is not KEY=VALUE"),
                    HasSubstr("a.toml:7: slurm.environment: \"A B=1\" is not KEY=VALUE"),
                    HasSubstr("a.toml:7: slurm.environment: \"A\" is not KEY=VALUE"),
                    HasSubstr("a.toml:8: slurm.extra: \"#SBATCH --exclusive\" is no option"),
                    HasSubstr("a.toml:9: slurm.qos: must not hold a line break")));
}

TEST(ClusterProfile, RefusesAWarningThatLeavesNoTimeToTrain) {
  EXPECT_THAT(
      refusal_of("time = \"5\"\nsignal_lead_seconds = 240\n"),
      HasSubstr("a.toml:3: slurm.signal_lead_seconds: a warning 240 s before the end leaves no time to train in "
                "slurm.time = \"5\", 300 s"));
  EXPECT_EQ(refusal_of("time = \"5\"\nsignal_lead_seconds = 239\n"), "");
  EXPECT_EQ(refusal_of("time = \"0\"\nsignal_lead_seconds = 65535\n"), "") << "no limit, no end";
  EXPECT_EQ(refusal_of("signal_lead_seconds = 65535\n"), "") << "the partition's limit is not known here";
  EXPECT_EQ(refusal_of("time = \"1\"\nsignal_lead_seconds = 0\n"), "");
}

TEST(ClusterProfile, RefusesAChainOfOneAndALengthWithoutAChain) {
  EXPECT_THAT(refusal_of("requeue = \"chain\"\n"), HasSubstr("slurm.chain_length: a chain has at least 2 jobs"));
  EXPECT_THAT(refusal_of("chain_length = 2\n"), HasSubstr("a.toml:2: slurm.chain_length: 2 jobs need slurm.requeue"));
  EXPECT_EQ(refusal_of("requeue = \"chain\"\nchain_length = 2\n"), "");
}

TEST(ClusterProfile, RefusesMoreMinimumRanksThanRanksAndMoreRanksThanGpus) {
  EXPECT_THAT(refusal_of("nodes = 2\ntasks_per_node = 8\ngpus_per_node = 4\nmin_ranks = 17\n"),
              AllOf(HasSubstr("a.toml:5: slurm.min_ranks: 17 ranks are more than the 16"),
                    HasSubstr("a.toml:3: slurm.tasks_per_node: 8 ranks a node cannot share slurm.gpus_per_node = 4")));
  EXPECT_EQ(refusal_of("nodes = 2\ntasks_per_node = 4\ngpus_per_node = 4\nmin_ranks = 8\n"), "");
}

TEST(ClusterProfile, DoesNotBlameValuesForAnotherThatCouldNotBeRead) {
  const std::string refusal = refusal_of("requeue = \"chian\"\nchain_length = 5\n");
  EXPECT_THAT(refusal, HasSubstr("slurm.requeue: must be one of"));
  EXPECT_THAT(refusal, Not(HasSubstr("chain_length")));
}

TEST(ClusterProfile, GivesWayToTheCommandLine) {
  ProfileOverrides overrides;
  overrides.nodes = 7;
  overrides.partition = "fast";
  overrides.time = "30";
  overrides.account = "other";
  overrides.qos = "high";
  const ClusterProfile profile = read("nodes = 2\npartition = \"slow\"\ntime = \"60\"\n", overrides);
  EXPECT_EQ(profile.nodes, 7);
  EXPECT_EQ(profile.partition, "fast");
  EXPECT_EQ(profile.time, "30");
  EXPECT_EQ(profile.account, "other");
  EXPECT_EQ(profile.qos, "high");
  overrides.time = "soon";
  EXPECT_THAT(refusal_of("", overrides), HasSubstr("command line: slurm.time: \"soon\" is no time limit"));
}

TEST(CheckRanks, NamesTheNumbersThatFit) {
  ClusterProfile profile;
  profile.nodes = 3;
  profile.tasks_per_node = 4;
  EXPECT_NO_THROW(check_ranks(profile, 12));
  EXPECT_THAT(
      [&] { check_ranks(profile, 11); },
      ThrowsMessage<ConfigError>(AllOf(HasSubstr("slurm.nodes = 3 x slurm.tasks_per_node = 4: 12 ranks cannot share "
                                                 "11 micro-batches"),
                                       HasSubstr("with 4 ranks a node 1 to 2 nodes fit (--nodes)"))));
  EXPECT_THAT([&] { check_ranks(profile, 3); },
              ThrowsMessage<ConfigError>(HasSubstr("lower slurm.tasks_per_node to 3 or less")));
}

}  // namespace
}  // namespace understudy
