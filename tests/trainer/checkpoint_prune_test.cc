#include "trainer/saving/checkpoint_prune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/retention.h"
#include "clusters/outcome.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/trainer/tiny_run.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

class CheckpointPrune : public testing::Test {
 protected:
  CheckpointPrune() {
    const RunSettings settings = tiny_settings("fsrt");
    const TinyState state = tiny_state(fsrt_config(settings));
    for (const std::int64_t iteration : {3, 6, 9, 12, 15}) publish_tiny_checkpoint(run_, settings, state, iteration);
    apply_retention(store_, {.keep_newest = 5, .keep_every = 0, .best = {{"psnr-phase-I", {6}}}}, 5);
    write_file_atomically(run_ / kOutcomeName, "{}");
  }
  void damage(std::int64_t iteration) const { fs::resize_file(store_.folder_of(iteration) / kModelPart, 8); }

  TemporaryFolder place_;
  fs::path run_ = place_.path() / "run";
  CheckpointStore store_{run_};
};

TEST_F(CheckpointPrune, KeepsTheNewestTheMultiplesAndTheBest) {
  PruneRequest request{.run = run_, .keep_newest = 1, .keep_every = 4, .dry_run = true};
  EXPECT_THAT(prune_checkpoints(request), ElementsAre(3, 9));
  EXPECT_EQ(store_.list().size(), 5U);
  request.dry_run = false;
  EXPECT_THAT(prune_checkpoints(request), ElementsAre(3, 9));
  EXPECT_THAT(store_.list(), ElementsAre(6, 12, 15));
}

TEST_F(CheckpointPrune, CountsThoseThatPassVerification) {
  damage(15);
  damage(3);
  EXPECT_THAT(prune_checkpoints({.run = run_, .keep_newest = 1}), ElementsAre(9));
  EXPECT_THAT(store_.list(), ElementsAre(3, 6, 12, 15)) << "damaged ones stay as they are";
  EXPECT_THAT(prune_checkpoints({.run = run_, .keep_newest = 1, .damaged = true}), ElementsAre(3, 15));
}

TEST_F(CheckpointPrune, RemovesNothingWhereNothingWouldBeLeft) {
  for (const std::int64_t iteration : store_.list()) damage(iteration);
  EXPECT_THAT([&] { prune_checkpoints({.run = run_, .keep_newest = 1, .damaged = true}); },
              ThrowsMessage<CheckpointError>(HasSubstr("none of its checkpoints passes")));
  EXPECT_EQ(store_.list().size(), 5U);
}

TEST_F(CheckpointPrune, KeepsThoseOfANewerProgram) {
  for (const std::int64_t iteration : {3, 15}) {
    Manifest manifest = read_manifest(store_.folder_of(iteration));
    manifest.format_version = kCheckpointVersion + 1;
    write_file_atomically(store_.folder_of(iteration) / kManifestName, write_manifest(manifest));
  }
  EXPECT_THAT(prune_checkpoints({.run = run_, .keep_newest = 1, .damaged = true}), ElementsAre(9));
  EXPECT_THAT(store_.list(), ElementsAre(3, 6, 12, 15));
}

TEST_F(CheckpointPrune, LeavesARunAloneThatMayBeAlive) {
  fs::remove(run_ / kOutcomeName);
  EXPECT_THAT([&] { prune_checkpoints({.run = run_, .keep_newest = 1}); },
              ThrowsMessage<ConfigError>(HasSubstr("start 5 of this run has not said how it ended")));
  EXPECT_THAT(prune_checkpoints({.run = run_, .keep_newest = 1, .anyway = true}), ElementsAre(3, 9, 12));
}

}  // namespace
}  // namespace understudy
