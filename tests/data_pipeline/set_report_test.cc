#include "data_pipeline/set_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(SetReport, DescribesWhatIsInASet) {
  const TemporaryFolder folder;
  write_tiny_set(folder.path() / "set", {.masks = true, .truth = true});
  EXPECT_THAT(describe_set(folder.path() / "set"),
              AllOf(HasSubstr("3 identities, 6 videos, 6 clips, 24 frames"),
                    HasSubstr("source       tiny"),
                    HasSubstr("frames/clip  4 to 4, median 4"),
                    HasSubstr("clips/person 2 to 2, median 2"),
                    HasSubstr("sizes        32 x 32: 24 frames"),
                    HasSubstr("landmarks    24 of 24 frames"),
                    HasSubstr("side 256"),
                    HasSubstr("masks        24 of 24 frames"),
                    HasSubstr("frames-00000.h5"),
                    HasSubstr(DataSet::open(folder.path() / "set").fingerprint())));
}

TEST(SetReport, TellsWhatAnIterationDraws) {
  const TemporaryFolder folder;
  write_tiny_set(folder.path() / "set");
  const auto set = std::make_shared<DataSet>(DataSet::open(folder.path() / "set"));
  const Sampler sampler(set, 3, {.sources = 2});
  const Episode episode = sampler.episode(41);
  const std::string line = fmt::format("slot   1  sample 41  {}  {}  frames {} {} -> {}\n",
                                       set->identities()[episode.identity].name,
                                       set->clips()[episode.clip].name,
                                       episode.frames[0].frame,
                                       episode.frames[1].frame,
                                       episode.frames[2].frame);
  EXPECT_THAT(describe_samples(sampler, 10, 4), AllOf(HasSubstr("iteration 10, 4 slots"), HasSubstr(line)));
}

}  // namespace
}  // namespace understudy
