#include "trainer/evaluation/judges.h"

#include <fstream>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/script.h>

#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

class JudgesTest : public testing::Test {
 protected:
  /// A TorchScript file whose forward returns `result` of the pictures x.
  std::filesystem::path script(const std::string& result, const std::string& type = "Tensor") const {
    torch::jit::Module module("judge");
    module.define("def forward(self, x: Tensor) -> " + type + ":\n  return " + result + "\n");
    const auto file = place_.path() / "judge.pt";
    module.save(file.string());
    return file;
  }
  TemporaryFolder place_;
};

TEST_F(JudgesTest, GiveLandmarksInPixels) {
  const LandmarkJudge judge(script("x.mean(3)[:, :, :2] * 10"), 16);
  EXPECT_EQ(judge.count(), 3);
  const at::Tensor found = judge.landmarks(at::full({3, 16, 16}, 0.25, at::kFloat));
  EXPECT_TRUE(found.equal(at::full({3, 2}, 2.5, at::kDouble)));
}

TEST_F(JudgesTest, GiveDescriptorsOfUnitLength) {
  const IdentityJudge judge(script("x.mean(3).mean(2)"), 16);
  const at::Tensor found = judge.descriptor(at::full({3, 16, 16}, 0.25, at::kFloat));
  EXPECT_NEAR(found.square().sum().item<double>(), 1.0, 1e-12);
}

TEST_F(JudgesTest, SayWhatIsWrongInOneSentence) {
  const auto refused = [](const std::filesystem::path& file, const auto& matcher) {
    EXPECT_THAT([&] { LandmarkJudge(file, 16); },
                ThrowsMessage<CheckpointError>(AllOf(
                    HasSubstr(file.string()), Not(HasSubstr("\n")), Not(HasSubstr("Exception raised")), matcher)));
  };
  refused(place_.path() / "missing.pt", HasSubstr("no such file"));
  std::ofstream(place_.path() / "text.pt") << "these are no weights";
  refused(place_.path() / "text.pt", HasSubstr("no TorchScript file"));
  refused(script("x"), HasSubstr("instead of [b, k, 2]"));
  refused(script("x.mean(3)"), HasSubstr("instead of"));
  refused(script("(x, x)", "Tuple[Tensor, Tensor]"), HasSubstr("instead of one tensor"));
  refused(script("x.mean(3)[:, :, :2] / 0"), HasSubstr("not finite"));
  refused(script("x.view(-1, 7, 2)"), HasSubstr("fails on a picture"));
}

TEST_F(JudgesTest, RefuseADescriptorWithoutDirection) {
  const IdentityJudge judge(script("x.mean(3).mean(2)"), 16);
  EXPECT_THAT(
      [&] {
        judge.descriptor(at::zeros({3, 16, 16}, at::kFloat));
      },
      ThrowsMessage<CheckpointError>(HasSubstr("no direction")));
}

}  // namespace
}  // namespace understudy
