#include "trainer/saving/checkpoint_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/retention.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/trainer/tiny_run.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::ThrowsMessage;

class CheckpointList : public testing::Test {
 protected:
  CheckpointList() {
    const RunSettings settings = tiny_settings("fsrt");
    const TinyState state = tiny_state(fsrt_config(settings));
    for (const std::int64_t iteration : {3, 6, 9}) publish_tiny_checkpoint(run_, settings, state, iteration);
    apply_retention(store_, {.keep_newest = 3, .keep_every = 0, .best = {{"psnr-phase-I", {6}}}}, 3);
    write_file_atomically(run_ / "metrics.jsonl",
                          "{\"iteration\":5,\"phase\":\"I\",\"terms\":{\"total\":1.0}}\n"
                          "{\"completed\":6,\"phase\":\"I\",\"validation\":{\"psnr\":21.5},\"episodes\":5}\n"
                          "{\"completed\":9,\"phase\":\"I\",\"validat");
  }

  TemporaryFolder place_;
  fs::path run_ = place_.path() / "run";
  CheckpointStore store_{run_};
};

TEST_F(CheckpointList, TellsWhatEachIsWorth) {
  const std::vector<CheckpointRow> rows = list_checkpoints(run_, true);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1].iteration, 6);
  EXPECT_EQ(rows[1].start, 2U);
  EXPECT_EQ(rows[1].metric, "psnr");
  EXPECT_EQ(rows[1].value, 21.5);
  EXPECT_THAT(rows[1].best_by, ElementsAre("psnr-phase-I #1"));
  EXPECT_THAT(rows[1].problems, IsEmpty());
  EXPECT_GT(rows[1].bytes, fs::file_size(store_.folder_of(6) / kModelPart));
  EXPECT_LT(rows[1].age, 3600.0);
  EXPECT_FALSE(rows[0].value);
  EXPECT_FALSE(rows[2].value) << "its line is not whole";
  EXPECT_THAT(checkpoint_table(rows, true), AllOf(HasSubstr("21.5000  yes"), HasSubstr("psnr-phase-I #1\n")));
}

TEST_F(CheckpointList, HasNoValueOfAValidationThatWasNotFinite) {
  write_file_atomically(run_ / "metrics.jsonl",
                        "{\"completed\":9,\"phase\":\"I\",\"validation\":{\"psnr\":null},\"episodes\":5}\n");
  EXPECT_FALSE(list_checkpoints(run_, false)[2].value);
}

TEST_F(CheckpointList, SaysWhatIsWrong) {
  fs::resize_file(store_.folder_of(6) / kModelPart, 8);
  fs::remove(store_.folder_of(3) / kManifestName);
  const std::vector<CheckpointRow> rows = list_checkpoints(run_, true);
  EXPECT_THAT(rows[0].problems, ElementsAre(HasSubstr("manifest.json")));
  EXPECT_THAT(rows[1].problems, ElementsAre(HasSubstr("has 8 bytes")));
  EXPECT_THAT(checkpoint_table(rows, true), AllOf(HasSubstr("NO"), HasSubstr("has 8 bytes")));
  EXPECT_THAT(list_checkpoints(run_, false)[1].problems, IsEmpty()) << "only manifests are read";
  EXPECT_THAT([&] { list_checkpoints(place_.path(), false); },
              ThrowsMessage<CheckpointError>(HasSubstr("no checkpoint")));
}

TEST_F(CheckpointList, TellsOneOfANewerProgramFromADamagedOne) {
  Manifest manifest = read_manifest(store_.folder_of(9));
  manifest.format_version = kCheckpointVersion + 1;
  write_file_atomically(store_.folder_of(9) / kManifestName, write_manifest(manifest));
  for (const bool whole : {false, true}) {
    const std::vector<CheckpointRow> rows = list_checkpoints(run_, whole);
    EXPECT_TRUE(rows[2].is_newer);
    EXPECT_FALSE(rows[1].is_newer);
    EXPECT_THAT(rows[2].problems, ElementsAre(HasSubstr("format version")));
    EXPECT_THAT(checkpoint_table(rows, whole), AllOf(HasSubstr(" newer "), Not(HasSubstr(" NO "))));
  }
}

}  // namespace
}  // namespace understudy
