#include "data_pipeline/set_verifier.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_pipeline/frame_shard.h"
#include "data_pipeline/set_manifest.h"
#include "data_pipeline/verify_journal.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SetVerifierTest : public ::testing::Test {
 protected:
  SetVerifierTest() { write_tiny_set(set_, {.masks = true, .truth = true}, {.shard_bytes = 1}); }
  TemporaryFolder folder_;
  std::filesystem::path set_ = folder_.path() / "set";
};

TEST_F(SetVerifierTest, FindsNothingWrongWithAWholeSet) {
  EXPECT_THAT(verify_set(set_), IsEmpty());
  EXPECT_THAT(verify_set(set_ / "set.toml", 3, true), IsEmpty());
}

TEST_F(SetVerifierTest, ListsEveryProblemInOrderWhateverTheThreads) {
  const FrameShard shard(set_ / "frames-00001.h5", 1);
  flip_byte(set_ / "frames-00001.h5", shard.frame_offset(0) + 50);
  flip_byte(set_ / "frames-00001.h5", shard.frame_offset(3) + 50);
  std::filesystem::remove(set_ / "frames-00003.h5");
  std::filesystem::resize_file(set_ / "frames-00004.mask.h5", 900);
  const auto problems = verify_set(set_);
  EXPECT_THAT(problems,
              ElementsAre(AllOf(HasSubstr("frames-00001.h5: SHA-256 is"), HasSubstr("the manifest says")),
                          AllOf(HasSubstr("clip \"id00#video01#001\", frame 0"), HasSubstr("damaged")),
                          AllOf(HasSubstr("clip \"id00#video01#001\", frame 3"), HasSubstr("damaged")),
                          AllOf(HasSubstr("frames-00003.h5: cannot be read")),
                          AllOf(HasSubstr("frames-00004.mask.h5: has 900 bytes"), HasSubstr("cut short"))));
  EXPECT_EQ(verify_set(set_, 4), problems);
}

TEST_F(SetVerifierTest, GoesOnWhereItWasBrokenOff) {
  const std::filesystem::path journal = folder_.path() / "journal";
  const SetManifest manifest = read_set_manifest(set_ / kSetManifestName);
  const std::filesystem::path path = set_ / manifest.shards[1].file.file;
  std::vector<AnnotationEntry> annotations;
  for (const AnnotationEntry& entry : manifest.annotations) {
    if (entry.shard == manifest.shards[1].number) annotations.push_back(entry);
  }
  const auto broken_off = [&] { VerifyJournal(set_, journal, false).remember_intact(manifest.shards[1], annotations); };
  broken_off();
  const auto time = std::filesystem::last_write_time(path);
  flip_byte(path, FrameShard(path, 1).frame_offset(0) + 50);
  std::filesystem::last_write_time(path, time);
  EXPECT_THAT(verify_set(set_, 2, false, journal), IsEmpty());  // what was checked is not read again
  EXPECT_EQ(verify_set(set_, 2, false, journal).size(), 2U);    // a check at its end vouches for nothing
  broken_off();
  EXPECT_EQ(verify_set(set_, 2, true, journal).size(), 2U);  // nor one that decoded nothing for one that does
  broken_off();
  std::filesystem::last_write_time(path, time + std::chrono::seconds(1));
  EXPECT_EQ(verify_set(set_, 2, false, journal).size(), 2U);  // nor one of files that were written since
}

TEST_F(SetVerifierTest, SeesThatIndexAndShardsDoNotBelongTogether) {
  write_tiny_set(folder_.path() / "other", {.seed = 8, .masks = true, .truth = true}, {.shard_bytes = 1});
  for (const char* name :
       {"frames-00002.h5", "frames-00002.landmark68.h5", "frames-00002.mask.h5", "frames-00002.synthetic.h5"}) {
    std::filesystem::copy_file(
        folder_.path() / "other" / name, set_ / name, std::filesystem::copy_options::overwrite_existing);
  }
  vouch_again(set_);
  EXPECT_THAT(verify_set(set_), ElementsAre(HasSubstr("mixed up")));
}

TEST_F(SetVerifierTest, AMissingSetIsAProblemToo) {
  EXPECT_THAT(verify_set(folder_.path() / "none"), ElementsAre(HasSubstr("no manifest")));
}

}  // namespace
}  // namespace understudy
