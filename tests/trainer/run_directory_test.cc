#include "trainer/preflight/run_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/incarnation.h"
#include "common/atomic_file.h"
#include "tests/support/temporary_folder.h"
#include "tests/trainer/tiny_run.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RunDirectoryTest : public testing::Test {
 protected:
  RunDirectory look(const fs::path& path) {
    findings_ = {};
    return check_run_directory(path, findings_);
  }
  const std::vector<std::string>& problems() const { return findings_.problems.messages(); }
  const std::vector<std::string>& warnings() const { return findings_.warnings.messages(); }

  /// A run with a checkpoint of each of these iterations, which said how it ended.
  fs::path run_with(std::initializer_list<std::int64_t> iterations) const {
    const RunSettings settings = tiny_settings("fsrt");
    TinyState state;
    state.model = {{"w", at::ones({4})}};
    state.optimizer = {{"m", at::ones({4})}};
    for (const std::int64_t iteration : iterations) publish_tiny_checkpoint(run(), settings, state, iteration);
    write_file_atomically(run() / "outcome.json", "{}");
    return run();
  }
  fs::path run() const { return place_.path() / "run"; }

  TemporaryFolder place_;
  Findings findings_;
};

TEST_F(RunDirectoryTest, NeedNotBeThereAndIsNotMade) {
  const RunDirectory directory = look(place_.path() / "runs" / "new");
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_THAT(warnings(), IsEmpty());
  EXPECT_GT(directory.free_bytes.value_or(0), 0);
  EXPECT_TRUE(fs::is_empty(place_.path()));
}

TEST_F(RunDirectoryTest, CannotBeAFileOrBelowOne) {
  write_file_atomically(place_.path() / "file", "");
  look(place_.path() / "file");
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("is a file")));
  look(place_.path() / "file" / "run");
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("is a file")));
}

TEST_F(RunDirectoryTest, HasToTakeFiles) {
  look("/proc/understudy");
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("cannot write in /proc")));
}

TEST_F(RunDirectoryTest, TellsWhichCheckpointWouldBeResumed) {
  const RunDirectory directory = look(run_with({3, 6}));
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_THAT(warnings(), IsEmpty());
  EXPECT_EQ(directory.newest->manifest().iteration, 6);
  EXPECT_GT(directory.checkpoint_bytes, 0);
}

TEST_F(RunDirectoryTest, WarnsOfDamageThatAResumePassesOver) {
  fs::resize_file(CheckpointStore(run_with({3, 6})).folder_of(6) / kModelPart, 8);
  EXPECT_EQ(look(run()).newest->manifest().iteration, 3);
  EXPECT_THAT(warnings(), ElementsAre(AllOf(HasSubstr("iteration 6"), HasSubstr("model.safetensors"))));
  fs::resize_file(CheckpointStore(run()).folder_of(3) / kModelPart, 8);
  EXPECT_FALSE(look(run()).newest);
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("no intact checkpoint is left")));
}

TEST_F(RunDirectoryTest, WarnsOfAStartThatMayLive) {
  CheckpointStore(run_with({3})).take_incarnation();
  fs::last_write_time(run() / "outcome.json",
                      fs::last_write_time(incarnation_file(run(), 2)) - std::chrono::seconds(9));
  look(run());
  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("start 2 of this run has not said how it ended")));
}

}  // namespace
}  // namespace understudy
