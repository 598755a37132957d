#include "checkpoints/weights_file.h"

#include <fstream>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/safetensors.h"
#include "common/errors.h"
#include "tests/checkpoints/fixture_files.h"
#include "tests/checkpoints/torch_fixtures.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

std::vector<std::string> names_of(const NamedTensors& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  return names;
}

TEST(WeightsFile, TellsFormatsApartByContent) {
  const TemporaryFolder folder;
  write_safetensors(folder.path() / "weights.pt", {{"encoder.w", at::ones({2})}});
  EXPECT_THAT(names_of(read_weights(folder.path() / "weights.pt")), testing::ElementsAre("encoder.w"));
  EXPECT_THAT(names_of(read_weights(MemoryFile(unpack_fixture(kNamespaceFixture)).path())),
              testing::ElementsAre("generator.w"));
}

TEST(WeightsFile, JoinsNamesAndLeavesOptimizersOut) {
  const auto names = names_of(read_weights(MemoryFile(unpack_fixture(kZipFixture)).path()));
  EXPECT_THAT(names, testing::IsSupersetOf({"model.0.weight", "model.1.num_batches_tracked", "half"}));
  for (const std::string& name : names) EXPECT_FALSE(name.starts_with("optimizer")) << name;
}

TEST(WeightsFile, TakesTheDetectorOutOfAFirstOrderMotionCheckpoint) {
  const NamedTensors all = read_weights(MemoryFile(unpack_fixture(kFirstOrderMotionFixture)).path());
  EXPECT_EQ(all.size(), 3U);
  EXPECT_THAT(names_of(keypoint_detector_weights(all)), testing::ElementsAre("kp.weight"));
  EXPECT_THAT(names_of(keypoint_detector_weights({{"kp.weight", at::ones({1})}, {"jacobian.bias", at::ones({1})}})),
              testing::ElementsAre("kp.weight"));
}

PickleValue dict_of(std::vector<std::pair<PickleValue, PickleValue>> items) {
  return PickleDict{std::move(items)};
}

TEST(WeightsFile, TakesOffWhatParallelWrappersPutInFront) {
  const at::Tensor one = at::ones({1});
  const PickleValue wrapped = dict_of({{"module.w", one}, {"module.b", one}});
  EXPECT_THAT(names_of(flatten_tensors(wrapped)), testing::ElementsAre("w", "b"));
  EXPECT_THAT(names_of(flatten_tensors(dict_of({{"generator", wrapped}, {"discriminator", dict_of({{"w", one}})}}))),
              testing::ElementsAre("generator.w", "generator.b", "discriminator.w"));
  EXPECT_THAT(names_of(flatten_tensors(dict_of({{"module.w", one}, {"head.w", one}}))),
              testing::ElementsAre("module.w", "head.w"))
      << "a network whose child has that name";
}

TEST(WeightsFile, RefusesAFileWithoutTensorsAndAMissingOne) {
  const TemporaryFolder folder;
  write_safetensors(folder.path() / "empty", {});
  EXPECT_THROW(read_weights(folder.path() / "empty"), CheckpointError);
  EXPECT_THROW(read_weights(folder.path() / "missing"), FileError);
  EXPECT_THROW(read_weights(folder.path()), FileError);
}

}  // namespace
}  // namespace understudy
