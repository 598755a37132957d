#include "launcher/job_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "launcher/captured_process.h"
#include "tests/launcher/search_path.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

JobRequest plain_request() {
  JobRequest request;
  request.executable = "/opt/understudy";
  request.config = "/home/me/run.toml";
  request.run_directory = "/scratch/runs/first";
  request.working_directory = "/home/me";
  return request;
}

/// The last line, without its end.
std::string last_line_of(const std::string& script) {
  const std::string text = script.substr(0, script.size() - 1);
  return text.substr(text.rfind('\n') + 1);
}

TEST(JobScript, OfAPlainProfileLeavesTheRestToTheCluster) {
  EXPECT_EQ(render_job_script(plain_request()), R"(#!/bin/bash
# Written by `understudy submit`.
#SBATCH --job-name=first
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=1
#SBATCH --requeue
#SBATCH --no-kill
#SBATCH --signal=B:USR2@180
#SBATCH --chdir=/home/me
#SBATCH --output=/scratch/runs/first/slurm-%j.out
#SBATCH --open-mode=append

exec /opt/understudy launch --ranks 1 --starter srun --requeue scontrol --max-restarts 3 -- train /home/me/run.toml --run /scratch/runs/first
)");
}

TEST(JobScript, SaysEverythingOfAFullProfile) {
  JobRequest request = plain_request();
  ClusterProfile& profile = request.profile;
  profile.account = "vision";
  profile.partition = "gpu,gpu-long";
  profile.qos = "high";
  profile.constraint = "a100&ib";
  profile.nodes = 2;
  profile.tasks_per_node = 4;
  profile.gpus_per_node = 4;
  profile.cpus_per_task = 12;
  profile.memory = "0";
  profile.time = "1-00:00:00";
  profile.exclusive = true;
  profile.signal_lead_seconds = 300;
  profile.requeue = Requeue::kExitCode;
  profile.min_ranks = 6;
  profile.max_restarts = 3;
  profile.container = "apptainer exec --nv image.sif";
  profile.modules = {"gcc/12", "openmpi/4.1"};
  profile.environment = {"NCCL_DEBUG=WARN", "NOTE=two words"};
  profile.extra = {"--mail-type=END", "--comment=\"night run\""};
  profile.output = "logs/%x-%j.out";
  request.settings = {"data.train=my faces"};
  EXPECT_EQ(render_job_script(request),
            R"(#!/bin/bash
# Written by `understudy submit`.
#SBATCH --job-name=first
#SBATCH --account=vision
#SBATCH --partition=gpu,gpu-long
#SBATCH --qos=high
#SBATCH --constraint="a100&ib"
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --cpus-per-task=12
#SBATCH --gpus-per-node=4
#SBATCH --mem=0
#SBATCH --time=1-00:00:00
#SBATCH --exclusive
#SBATCH --requeue
#SBATCH --no-kill
#SBATCH --signal=B:USR2@300
#SBATCH --chdir=/home/me
#SBATCH --output=/home/me/logs/%x-%j.out
#SBATCH --open-mode=append
#SBATCH --mail-type=END
#SBATCH --comment="night run"

module load gcc/12 || exit 78
module load openmpi/4.1 || exit 78
export NCCL_DEBUG=WARN
export NOTE='two words'

)"
            "exec /opt/understudy launch --ranks 8 --starter srun --requeue exit-code --min-ranks 6 "
            "--max-restarts 3 --rank-prefix 'apptainer exec --nv image.sif' -- train "
            "/home/me/run.toml --run /scratch/runs/first --set 'data.train=my faces'\n");
}

TEST(JobScript, OfAChainWaitsForTheJobsOfItsRunAlone) {
  JobRequest request = plain_request();
  request.profile.requeue = Requeue::kChain;
  const std::string script = render_job_script(request);
  EXPECT_THAT(script, HasSubstr("#SBATCH --no-requeue\n#SBATCH --dependency=singleton\n"));
  EXPECT_THAT(script, HasSubstr("--requeue chain"));
  JobRequest namesake = request;
  namesake.run_directory = "/elsewhere/first";
  EXPECT_THAT(job_name(request), testing::StartsWith("first-"));
  EXPECT_NE(job_name(request), job_name(namesake));
}

TEST(JobScript, ForbidsRequeueWhereTheProfileSaysNone) {
  JobRequest request = plain_request();
  request.profile.requeue = Requeue::kNone;
  const std::string script = render_job_script(request);
  EXPECT_THAT(script, HasSubstr("#SBATCH --no-requeue\n"));
  EXPECT_THAT(script, Not(HasSubstr("singleton")));
  EXPECT_THAT(script, HasSubstr("--requeue none"));
}

TEST(JobScript, AsksForNoWarningWithALeadOfZero) {
  JobRequest request = plain_request();
  request.profile.signal_lead_seconds = 0;
  EXPECT_THAT(render_job_script(request), Not(HasSubstr("--signal")));
}

TEST(JobScript, NeedsNoWordToSrunWithMpirun) {
  JobRequest request = plain_request();
  request.profile.starter = Starter::kMpirun;
  request.profile.cpus_per_task = 4;
  const std::string script = render_job_script(request);
  EXPECT_THAT(script, HasSubstr("--starter mpirun"));
}

// Bash runs the rendered script with a program in the place of understudy that shows its arguments and environment.
TEST(JobScript, HandsEveryWordOnThroughARealShell) {
  const TemporaryFolder folder;
  JobRequest request = plain_request();
  request.executable = folder.path() / "it's a $program";
  make_program(request.executable, "printf '%s\\n' \"$NOTE\" \"$@\"");
  request.config = "/home/me/my \"best\" run.toml";
  request.run_directory = "/scratch/100% #1 `id`";
  request.profile.container = "apptainer exec --bind '/a b' image.sif";
  request.profile.environment = {"NOTE=$HOME \"&\" it's"};
  request.settings = {"data.train=sets/*", "validation.metric='psnr'"};
  const CapturedProcess bash = run_captured({"/bin/bash", "-s"}, render_job_script(request));
  EXPECT_EQ(bash.exit_code, 0) << bash.errors;
  EXPECT_EQ(bash.output, R"($HOME "&" it's
launch
--ranks
1
--starter
srun
--requeue
scontrol
--max-restarts
3
--rank-prefix
apptainer exec --bind '/a b' image.sif
--
train
/home/me/my "best" run.toml
--run
/scratch/100% #1 `id`
--set
data.train=sets/*
--set
validation.metric='psnr'
)");
}

TEST(JobScript, LeavesLaunchInThePlaceOfTheShell) {
  const TemporaryFolder folder;
  JobRequest request = plain_request();
  request.executable = folder.path() / "program";
  make_program(request.executable, "echo $$");
  const std::string script = "echo $$\n" + render_job_script(request);
  const std::string numbers = run_captured({"/bin/bash", "-s"}, script).output;
  const auto end = numbers.find('\n');
  EXPECT_EQ(numbers, numbers.substr(0, end + 1) + numbers.substr(0, end + 1))
      << "a signal to the shell must reach launch";
  EXPECT_THAT(last_line_of(script), testing::StartsWith("exec "));
}

TEST(JobScript, EndsWhenAModuleCannotBeLoaded) {
  JobRequest request = plain_request();
  request.executable = "/bin/true";
  request.profile.modules = {"openmpi"};
  const std::string script = render_job_script(request);
  EXPECT_EQ(run_captured({"/bin/bash", "-s"}, "module() { return 1; }\n" + script).exit_code, 78);
  EXPECT_EQ(run_captured({"/bin/bash", "-s"}, "module() { test \"$*\" = 'load openmpi'; }\n" + script).exit_code, 0);
}

TEST(JobScript, DoublesThePercentSignsOfTheRunDirectory) {
  JobRequest request = plain_request();
  request.run_directory = "/scratch/50%j";
  EXPECT_EQ(log_pattern(request), "/scratch/50%%j/slurm-%j.out");
  EXPECT_EQ(log_file(log_pattern(request), "42"), "/scratch/50%j/slurm-42.out");
  EXPECT_EQ(log_file("/logs/%x-%j.out", "42"), "/logs/%x-42.out");
}

TEST(JobScript, RefusesPathsThatSbatchCannotTake) {
  for (const std::string_view name : {"/scratch/two\nlines", "/scratch/back\\slash"}) {
    JobRequest request = plain_request();
    request.run_directory = name;
    EXPECT_THAT([&] { render_job_script(request); },
                ThrowsMessage<ConfigError>(HasSubstr("holds a backslash or a control character")));
  }
}

}  // namespace
}  // namespace understudy
