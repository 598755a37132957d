#include "trainer/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/safetensors.h"
#include "common/errors.h"
#include "tests/support/golden_weights.h"
#include "tests/support/temporary_folder.h"
#include "tests/trainer/tiny_run.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class Replay : public testing::Test {
 protected:
  Replay() {
    at::set_num_threads(1);
    write_safetensors(weights_, state_.model);
  }

  static at::Tensor noise(at::IntArrayRef sizes, std::uint32_t n) {
    return golden::tensor_of(sizes, [n](auto i) { return golden::uniform(n, i); });
  }

  static NamedTensors batch() {
    return {{"source_a1", noise({2, 1, 3, 32, 32}, 1)},
            {"source_a2", noise({2, 1, 3, 32, 32}, 2)},
            {"source_full_a2", noise({2, 1, 3, 32, 32}, 3)},
            {"driving_a1", noise({2, 3, 32, 32}, 4)},
            {"driving_a2", noise({2, 3, 32, 32}, 5)},
            {"driving_full_a2", noise({2, 3, 32, 32}, 6)},
            {"driving_face_a3", noise({2, 3, 32, 32}, 7)},
            {"crop_scale", torch::ones({2, 2})},
            {"crop_shift", torch::zeros({2, 2})},
            {"query_pixels", torch::arange(64).expand({2, 64}).contiguous()},
            {"plain_from_a2", torch::zeros({2}, torch::kByte)},
            {"use_plain_expression", torch::ones({2}, torch::kByte)}};
  }

  ReplayRequest request(const NamedTensors& tensors, const Metadata& metadata) const {
    const fs::path file = place_.path() / "batch.safetensors";
    write_safetensors(file, tensors, metadata);
    return {.weights = weights_, .perceptual = {}, .batch = file, .iteration = 0};
  }

  TemporaryFolder place_;
  fs::path weights_ = place_.path() / "weights.safetensors";
  RunSettings settings_ = tiny_settings("fsrt");
  TinyState state_ = tiny_state(fsrt_config(settings_));
};

const Metadata kGood = {{"format", "understudy.batch.v1"}, {"system", "fsrt"}};

TEST_F(Replay, GivesLossesGradientsAndStep) {
  const NamedTensors results = replay(settings_, request(batch(), kGood));
  const auto get = [&](const std::string& name) { return require_tensor(results, name, "results"); };
  EXPECT_EQ(get("prediction").sizes(), (std::vector<std::int64_t>{2, 64, 3}));
  EXPECT_GT(get("loss.total").item<double>(), get("loss.mse").item<double>());
  for (const auto& [name, tensor] : results) EXPECT_EQ(tensor.scalar_type(), at::kFloat) << name;
  for (const auto& item : state_.networks.model->named_parameters()) {
    EXPECT_NE(find_tensor(results, "parameter." + item.key()), nullptr) << item.key();
  }
  EXPECT_GT(get("gradient.expression_encoder." +
                state_.networks.model->expression_encoder().named_parameters().keys().front())
                .abs()
                .max()
                .item<double>(),
            0.0);
  EXPECT_EQ(find_tensor(results, "loss.discriminator"), nullptr) << "Phase I has none";
  const NamedTensors again = replay(settings_, request(batch(), kGood));
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_TRUE(again[i].second.equal(results[i].second)) << results[i].first;
}

TEST_F(Replay, RefusesABatchOfAnotherFormatOrSystem) {
  EXPECT_THAT(
      [&] {
        replay(settings_, request(batch(), {{"format", "understudy.batch.v9"}, {"system", "fsrt"}}));
      },
      ThrowsMessage<DataError>(
          AllOf(HasSubstr("understudy.batch.v9"), HasSubstr("needs understudy.batch.v1 of fsrt"))));
  EXPECT_THAT(
      [&] {
        replay(settings_, request(batch(), {{"format", "understudy.batch.v1"}, {"system", "avatar"}}));
      },
      ThrowsMessage<DataError>(HasSubstr("system avatar")));
  EXPECT_THAT([&] { replay(settings_, request(batch(), {})); }, ThrowsMessage<DataError>(HasSubstr("format nothing")));
}

TEST_F(Replay, RefusesABatchThatWasDamaged) {
  Metadata metadata = kGood;
  metadata["sha256"] = sha256_of_tensors(batch());
  replay(settings_, request(batch(), metadata));
  NamedTensors flipped = batch();
  flipped.front().second = flipped.front().second.clone();
  flipped.front().second.view(-1)[0].add_(1);
  EXPECT_THAT([&] { replay(settings_, request(flipped, metadata)); },
              ThrowsMessage<DataError>(HasSubstr("SHA-256 of its tensors differs")));
}

TEST_F(Replay, NamesAMissingTensor) {
  NamedTensors tensors = batch();
  tensors.erase(tensors.begin() + 7);
  EXPECT_THAT([&] { replay(settings_, request(tensors, kGood)); },
              ThrowsMessage<CheckpointError>(HasSubstr("crop_scale")));
}

}  // namespace
}  // namespace understudy
