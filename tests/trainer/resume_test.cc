#include "trainer/resume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ResumeDifferences, AreMethodKeysAndContentsOfSets) {
  const RunSettings before = RunSettings::defaults("fsrt");
  RunSettings now = RunSettings::defaults("fsrt");
  now.run.seed = 7;
  now.run.log_every = 3;  // of the machine: free
  Manifest checkpoint;
  checkpoint.data_fingerprints = {{"train", "aaaa"}, {"validation", "bbbb"}};
  EXPECT_THAT(resume_differences(before, now, checkpoint, {{"train", "cccc"}, {"validation", "bbbb"}, {"new", "d"}}),
              ElementsAre(HasSubstr("run.seed: 0 in the checkpoint, 7 now"),
                          AllOf(HasSubstr("data.train"), HasSubstr("cccc now"))));
  EXPECT_THAT(resume_differences(before, before, checkpoint, {}), IsEmpty());
}

}  // namespace
}  // namespace understudy
