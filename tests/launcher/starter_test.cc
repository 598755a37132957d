#include "launcher/starter.h"

#include <cstdlib>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string line_of(Starter starter, const StarterOptions& options, const Placement& placement, bool is_root = false) {
  return fmt::format("{}",
                     fmt::join(starter_arguments(starter, options, placement, {"understudy", "train"}, is_root), " "));
}

/// Sets a variable of the environment for the length of a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

TEST(Starter, GivesMpirunWhatItNeeds) {
  StarterOptions options;
  options.options = {"--hostfile", "nodes.txt"};
  const std::string line = line_of(Starter::kMpirun, options, {.ranks = 3, .nodes = {}}, true);
  EXPECT_THAT(line,
              HasSubstr("mpirun -n 3 --oversubscribe --bind-to none -x UNDERSTUDY_SUPERVISOR --allow-run-as-root"));
  EXPECT_THAT(line, HasSubstr("--hostfile nodes.txt understudy train"));
  EXPECT_THAT(line_of(Starter::kMpirun, options, {.ranks = 3, .nodes = {}}), Not(HasSubstr("root")));
}

TEST(Starter, SpreadsRanksOverTheNodesThatAreLeft) {
  EXPECT_THAT(spread(7, 3), ElementsAre(3, 2, 2));
  EXPECT_THAT(spread(2, 2), ElementsAre(1, 1));
  EXPECT_THAT(line_of(Starter::kMpirun, {}, {.ranks = 3, .nodes = {"n1", "n3"}}), HasSubstr("--host n1:2,n3:1"));
  const std::string srun = line_of(Starter::kSrun, {}, {.ranks = 3, .nodes = {"n1", "n3"}});
  EXPECT_THAT(srun, HasSubstr("--nodes=2 --nodelist=n1,n3 --ntasks-per-node=2"));
}

TEST(Starter, GivesSrunTheProcessorsOfATask) {
  EXPECT_THAT(line_of(Starter::kSrun, {}, {.ranks = 4, .nodes = {}}), Not(HasSubstr("cpus-per-task")));
  const Variable cpus("SLURM_CPUS_PER_TASK", "6");
  const std::string line = line_of(Starter::kSrun, {}, {.ranks = 4, .nodes = {}});
  EXPECT_THAT(line, HasSubstr("srun --mpi=pmix --overlap --no-kill"));
  EXPECT_THAT(line, HasSubstr("--ntasks=4 --cpus-per-task=6 understudy train"));
}

TEST(Starter, PutsTheContainerBeforeTheProgram) {
  StarterOptions options;
  options.rank_prefix = "apptainer exec --bind '/a b' image.sif";
  const auto arguments = starter_arguments(Starter::kMpirun, options, {}, {"understudy", "train"}, false);
  EXPECT_THAT(
      std::vector(arguments.end() - 6, arguments.end()),
      ElementsAre("sh", "-c", "exec apptainer exec --bind '/a b' image.sif \"$@\"", "rank", "understudy", "train"));
}

class ChooseStarter : public testing::Test {
 protected:
  /// An srun that offers these kinds of MPI.
  StarterOptions with_srun(const std::string& kinds, Starter starter) {
    const auto srun = folder_.path() / "srun";
    write_file_atomically(srun, "#!/bin/sh\necho MPI plugin types are...\necho " + kinds + "\n");
    std::filesystem::permissions(srun, std::filesystem::perms::owner_all);
    StarterOptions options;
    options.srun = srun.string();
    options.starter = starter;
    return options;
  }

  TemporaryFolder folder_;
};

TEST_F(ChooseStarter, TakesSrunInAJobWhoseSrunSpeaksPmix) {
  EXPECT_EQ(choose_starter(with_srun("pmix", Starter::kAutomatic)), Starter::kMpirun) << "no job";
  EXPECT_THROW(choose_starter(with_srun("pmix", Starter::kSrun)), ConfigError);
  const Variable job("SLURM_JOB_ID", "12");
  EXPECT_EQ(choose_starter(with_srun("pmix_v4", Starter::kAutomatic)), Starter::kSrun);
  EXPECT_EQ(choose_starter(with_srun("pmi2", Starter::kAutomatic)), Starter::kMpirun);
  EXPECT_EQ(choose_starter(with_srun("pmix", Starter::kMpirun)), Starter::kMpirun);
  EXPECT_THAT([&] { choose_starter(with_srun("pmi2", Starter::kSrun)); },
              testing::ThrowsMessage<ConfigError>(HasSubstr("does not speak PMIx")));
}

}  // namespace
}  // namespace understudy
