#include "trainer/saving/weights_average.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "checkpoints/safetensors.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/inference.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class WeightsAverage : public testing::Test {
 protected:
  fs::path file(const std::string& name, const NamedTensors& tensors) const {
    const fs::path path = place_.path() / (name + ".safetensors");
    write_safetensors(path, tensors);
    return path;
  }

  TemporaryFolder place_;
  fs::path out_ = place_.path() / "averaged";
};

TEST_F(WeightsAverage, IsTheMeanRoundedOnce) {
  std::vector<fs::path> files;
  std::vector<at::Tensor> all;
  for (unsigned i = 0; i < 3; ++i) {
    torch::manual_seed(i);
    all.push_back(at::randn({50}));
    files.push_back(file("weights" + std::to_string(i),
                         {{"w", all.back()},
                          {"half", at::full({2}, static_cast<double>(i)).to(at::kHalf)},
                          {"seen", at::tensor({static_cast<std::int64_t>(10 * i)})}}));
  }
  average_weights(files, out_);
  const NamedTensors found = load_weights(out_);
  const at::Tensor mean = at::stack(all).to(at::kDouble).mean(0).to(at::kFloat);
  EXPECT_TRUE(require_tensor(found, "w", "mean").equal(mean));
  EXPECT_TRUE(require_tensor(found, "half", "mean").equal(at::ones({2}, at::kHalf)));
  EXPECT_EQ(require_tensor(found, "seen", "mean").item<std::int64_t>(), 20) << "counters are the last's";
  EXPECT_FALSE(fs::exists(out_ / "run.toml")) << "bare files keep no configuration";
}

TEST_F(WeightsAverage, OfCheckpointsCanBeUsedAsTheyCan) {
  const RunSettings settings = tiny_settings("fsrt");
  for (const std::uint64_t seed : {1U, 2U})
    publish_tiny_checkpoint(place_.path() / std::to_string(seed), settings, tiny_state(fsrt_config(settings), seed), 4);
  average_weights({place_.path() / "1", place_.path() / "2"}, out_);
  EXPECT_EQ(make_reenactor({.weights = out_, .config = {}, .detector = {}})->picture_size(), 32);
}

TEST_F(WeightsAverage, SaysEverythingThatKeepsWeightsApart) {
  const fs::path first = file("first", {{"a", at::ones({2})}, {"b", at::ones({2})}});
  const fs::path other = file("other", {{"a", at::ones({3})}, {"c", at::ones({2})}});
  EXPECT_THAT(
      [&] {
        average_weights({first, other}, out_);
      },
      ThrowsMessage<CheckpointError>(AllOf(HasSubstr("other.safetensors: 3 tensors"),
                                           HasSubstr("a has another shape"),
                                           HasSubstr("b is missing"),
                                           HasSubstr("c is in no other"))));
  EXPECT_FALSE(fs::exists(out_));
  EXPECT_THAT([&] { average_weights({first}, out_); }, ThrowsMessage<ConfigError>(HasSubstr("at least two")));
  EXPECT_THAT(
      [&] {
        average_weights({first, first}, place_.path());
      },
      ThrowsMessage<ConfigError>(HasSubstr("exists already")));
}

}  // namespace
}  // namespace understudy
