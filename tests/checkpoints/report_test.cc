#include "checkpoints/report.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/part_plan.h"
#include "checkpoints/safetensors.h"
#include "checkpoints/store.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ReportTest : public testing::Test {
 protected:
  ReportTest() {
    for (const std::int64_t iteration : {1, 2}) {
      const auto pending = store.begin(iteration, incarnation);
      Manifest manifest;
      manifest.code_version = "0.1.0";
      const at::Tensor weights = at::full({4}, 2.0F);
      weights[1] = static_cast<float>(iteration);
      manifest.parts.push_back(pending->write_tensors(kModelPart, {{"w", weights}, {"same", at::ones({3})}}));
      manifest.parts.push_back(pending->write_text(kTrainerPart, std::to_string(iteration)));
      pending->publish(manifest);
    }
  }

  TemporaryFolder run;
  CheckpointStore store{run.path()};
  std::uint64_t incarnation = store.take_incarnation();
};

TEST_F(ReportTest, VerifiesARunAndOneCheckpoint) {
  EXPECT_TRUE(verify_checkpoints(run.path()).intact);
  fs::resize_file(store.folder_of(2) / "model.safetensors", 5);
  fs::remove(store.folder_of(2) / "trainer.json");
  const VerifyReport report = verify_checkpoints(run.path());
  EXPECT_FALSE(report.intact);
  EXPECT_THAT(report.text,
              AllOf(HasSubstr("000000001: intact"),
                    HasSubstr("000000002: DAMAGED"),
                    HasSubstr("has 5 bytes"),
                    HasSubstr("trainer.json: is missing")));
  EXPECT_TRUE(verify_checkpoints(store.folder_of(1)).intact);
  EXPECT_THROW(verify_checkpoints(run.path() / "incarnations"), CheckpointError);
}

TEST_F(ReportTest, MeasuresDifferences) {
  const DiffReport report = diff_checkpoints(store.folder_of(1), store.folder_of(2));
  EXPECT_FALSE(report.equal);
  EXPECT_THAT(report.text,
              AllOf(HasSubstr("w: differs by at most 1.000e+00, relative 5.000e-01"),
                    HasSubstr("trainer.json: the texts differ"),
                    Not(HasSubstr("same"))));
  EXPECT_TRUE(diff_checkpoints(store.folder_of(1), store.folder_of(1)).equal);
}

TEST_F(ReportTest, ComparesTensorsHoweverTheirPartWasCut) {
  const NamedTensors moments{{"a", at::ones({4})}, {"b", at::zeros({4})}};
  const auto publish = [&](std::int64_t iteration, const std::vector<NamedTensors>& files) {
    const auto pending = store.begin(iteration, incarnation);
    const std::vector<std::string> names = part_names(kOptimizerPart, files.size());
    Manifest manifest;
    for (std::size_t i = 0; i < files.size(); ++i) manifest.parts.push_back(pending->write_tensors(names[i], files[i]));
    pending->publish(manifest);
  };
  publish(3, {moments});
  publish(4, {{moments[0]}, {moments[1]}});
  const DiffReport report = diff_checkpoints(store.folder_of(3), store.folder_of(4));
  EXPECT_TRUE(report.equal) << report.text;
}

TEST_F(ReportTest, RefusesToCompareADamagedCheckpoint) {
  fs::resize_file(store.folder_of(2) / "model.safetensors", 5);
  EXPECT_THAT([&] { diff_checkpoints(store.folder_of(1), store.folder_of(2)); },
              testing::ThrowsMessage<CheckpointError>(HasSubstr("model.safetensors: has 5 bytes")));
}

TEST_F(ReportTest, ComparesWeightFilesByNameTypeAndShape) {
  write_safetensors(run.path() / "a", {{"x", at::ones({2})}, {"y", at::ones({2})}, {"n", at::full({1}, NAN)}});
  write_safetensors(run.path() / "b", {{"x", at::ones({3})}, {"z", at::ones({2})}, {"n", at::full({1}, NAN)}});
  const DiffReport report = diff_checkpoints(run.path() / "a", run.path() / "b");
  EXPECT_THAT(report.text,
              AllOf(HasSubstr("x: Float [2] and Float [3]"),
                    HasSubstr("y: Float [2] only in"),
                    HasSubstr("z: Float [2] only in"),
                    Not(HasSubstr("n: "))));
}

}  // namespace
}  // namespace understudy
