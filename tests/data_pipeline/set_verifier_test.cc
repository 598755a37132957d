#include "data_pipeline/set_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_pipeline/frame_shard.h"
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
  EXPECT_THAT(verify_set(set_, 2, false, journal), IsEmpty());
  const FrameShard shard(set_ / "frames-00001.h5", 1);
  flip_byte(set_ / "frames-00001.h5", shard.frame_offset(0) + 50);
  EXPECT_THAT(verify_set(set_, 2, false, journal), IsEmpty());  // what was checked is not read again
  EXPECT_EQ(verify_set(set_, 2, true, journal).size(), 2U);     // but for more than was checked
  EXPECT_EQ(verify_set(set_).size(), 2U);
  std::filesystem::resize_file(journal, 70);  // one line, and a part of another
  flip_byte(set_ / "frames-00001.h5", shard.frame_offset(0) + 50);
  EXPECT_THAT(verify_set(set_, 1, false, journal), IsEmpty());
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
