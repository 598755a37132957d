#include "launcher/sbatch_remedies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"

namespace understudy {
namespace {

using testing::HasSubstr;

struct Refusal {
  std::string_view said;  ///< as sbatch of SLURM 22.05 prints it
  std::string_view remedy_names;
  ExitCode code;
};

class SbatchRefusals : public testing::TestWithParam<Refusal> {};

TEST_P(SbatchRefusals, HaveARemedy) {
  const SbatchRemedy* found = find_sbatch_remedy(GetParam().said);
  ASSERT_NE(found, nullptr) << GetParam().said;
  EXPECT_THAT(std::string(found->remedy), HasSubstr(std::string(GetParam().remedy_names)));
  EXPECT_EQ(found->code, GetParam().code);
}

constexpr ExitCode kUsage = ExitCode::kUsage;
constexpr ExitCode kInternal = ExitCode::kInternal;

INSTANTIATE_TEST_SUITE_P(
    OfSlurm,
    SbatchRefusals,
    testing::Values(
        Refusal{
            "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified",
            "slurm.account",
            kUsage},
        Refusal{"sbatch: error: invalid partition specified: gpu\n"
                "sbatch: error: Batch job submission failed: Invalid partition name specified",
                "slurm.partition",
                kUsage},
        Refusal{"sbatch: error: invalid partition specified: gpu", "slurm.partition", kUsage},
        Refusal{"sbatch: error: Batch job submission failed: No partition specified or system default partition",
                "slurm.partition",
                kUsage},
        Refusal{"sbatch: error: Batch job submission failed: Invalid qos specification", "slurm.qos", kUsage},
        Refusal{"sbatch: error: Batch job submission failed: Requested node configuration is not available",
                "no node has this much",
                kUsage},
        Refusal{"sbatch: error: Memory specification can not be satisfied\n"
                "sbatch: error: Batch job submission failed: Requested node configuration is not available",
                "slurm.memory",
                kUsage},
        Refusal{"sbatch: error: CPU count per node can not be satisfied\n"
                "sbatch: error: Batch job submission failed: Requested node configuration is not available",
                "slurm.cpus_per_task",
                kUsage},
        Refusal{"sbatch: error: Batch job submission failed: Memory required by task is not available",
                "slurm.memory",
                kUsage},
        Refusal{"sbatch: error: Batch job submission failed: Requested time limit is invalid (missing or exceeds some "
                "limit)",
                "slurm.time",
                kUsage},
        Refusal{"sbatch: error: Batch job submission failed: More processors requested than permitted",
                "slurm.tasks_per_node",
                kUsage},
        Refusal{"sbatch: error: Batch job submission failed: Node count specification invalid", "slurm.nodes", kUsage},
        Refusal{
            "sbatch: error: AssocMaxSubmitJobLimit\n"
            "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's "
            "size and/or time limits)",
            "the line above names the limit",
            kUsage},
        Refusal{
            "sbatch: error: Batch job submission failed: Invalid feature specification", "slurm.constraint", kUsage},
        Refusal{"sbatch: error: Batch job submission failed: Invalid generic resource (gres) specification",
                "slurm.gpus_per_node",
                kUsage},
        Refusal{"sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)",
                "scontrol ping",
                kInternal},
        Refusal{"sbatch: error: Batch job submission failed: Socket timed out on send/recv operation",
                "scontrol ping",
                kInternal},
        Refusal{"sbatch: fatal: Could not establish a configuration source", "SLURM_CONF", kInternal},
        Refusal{"sbatch: error: Batch job submission failed: Protocol authentication error", "munge", kInternal},
        Refusal{"sbatch: error: Batch job submission failed: Access/permission denied", "you may not use", kUsage},
        Refusal{"sbatch: error: Batch job submission failed: User's group not permitted to use this partition",
                "you may not use",
                kUsage},
        Refusal{"sbatch: error: Batch job submission failed: Invalid user id", "does not know your user", kUsage},
        Refusal{"sbatch: error: Batch job submission failed: Pathname of a file, directory or other parameter too long",
                "too long",
                kUsage},
        // With --test-only the same sentences have another beginning.
        Refusal{"allocation failure: Invalid node name specified", "slurm.extra", kUsage},
        Refusal{"sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\n"
                "sbatch: error: Batch job submission failed: Invalid qos specification",
                "slurm.qos",
                kUsage},
        Refusal{"sbatch: unrecognized option '--colour=red'", "slurm.extra", kUsage}));

TEST(SbatchRemedies, AreSilentOnWhatTheyDoNotKnow) {
  EXPECT_EQ(find_sbatch_remedy("sbatch: error: a site's own rule"), nullptr);
  EXPECT_EQ(find_sbatch_remedy(""), nullptr);
}

TEST(SbatchRemedies, AreNotHiddenByOnesAboveThem) {
  for (const SbatchRemedy& item : sbatch_remedies()) EXPECT_EQ(find_sbatch_remedy(item.message), &item) << item.message;
}

TEST(SbatchRemedies, StandAllInTheDocument) {
  const std::string page = read_file(UNDERSTUDY_SOURCE_DIR "/docs/submitting.md");
  for (const SbatchRemedy& item : sbatch_remedies()) {
    EXPECT_NE(page.find(item.message), std::string::npos) << item.message;
    EXPECT_NE(page.find(item.remedy), std::string::npos) << item.remedy;
  }
}

}  // namespace
}  // namespace understudy
