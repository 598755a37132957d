#include "models/fsrt/torchscript.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/torch.h>

#include "common/convex_hull.h"
#include "models/blocks/state.h"
#include "tests/support/golden_weights.h"

namespace understudy {
namespace {

FsrtModelConfig tiny_size() {
  FsrtModelConfig config;
  config.image_size = 32;
  config.expression_size = 16;
  config.pixel_octaves = 16;
  config.keypoint_octaves = 2;
  config.head_width = 8;
  config.encoder_width = 4;
  config.encoder_blocks = 2;
  config.encoder_heads = 2;
  config.encoder_hidden = 32;
  config.query_hidden = 32;
  config.decoder_hidden = 32;
  config.decoder_heads = 2;
  config.render_widths = {32, 32};
  config.expression_features = 4;
  config.expression_widths = {32};
  config.detector_width = 4;
  config.detector_max_width = 16;
  config.detector_blocks = 2;
  config.detector_scale = 1.0;
  config.no_gradient_queries = 300;  // does not divide 32 x 32
  return config;
}

FsrtModelConfig down_sampling_size() {
  FsrtModelConfig config = tiny_size();
  config.image_size = 64;
  config.detector_scale = 0.25;
  config.detector_blocks = 3;
  return config;
}

FsrtModelConfig small_decoder_without_expression() {
  FsrtModelConfig config = tiny_size();
  config.small_decoder = true;
  config.encode_with_expression = false;
  config.decoder_heads = 0;
  config.decoder_hidden = 0;
  config.render_widths = {};
  return config;
}

FsrtNetworks golden_networks(const FsrtModelConfig& config) {
  FsrtNetworks networks = make_fsrt_networks(config, 0, false);
  golden::fill(networks.model->encoder());
  golden::fill(networks.model->decoder());
  golden::fill(networks.model->expression_encoder());
  golden::fill(*networks.detector);
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> parameters = networks.model->decoder().parameters();
  parameters[parameters.size() - 2].mul_(0.1);  // colours around 0.5, so that the clamp hides no difference
  parameters.back().fill_(0.5);
  return networks;
}

/// Saved and read back, as another program would have it.
torch::jit::Module published(const FsrtModelConfig& config, const FsrtNetworks& networks) {
  std::stringstream file;
  script_reenactor(config, networks).save(file);
  return torch::jit::load(file);
}

double span_of(const at::Tensor& keypoints) {
  std::vector<std::array<double, 2>> points;
  for (std::int64_t i = 0; i < keypoints.size(1); ++i) {
    points.push_back({keypoints[0][i][0].item<double>(), keypoints[0][i][1].item<double>()});
  }
  return std::sqrt(convex_hull_area(points));
}

struct Scene {
  at::Tensor sources;    // [2, 3, n, n]
  at::Tensor driving;    // [3, 3, n, n]
  at::Tensor reference;  // [1, 3, n, n]
};

Scene scene_of(std::int64_t size) {
  return {at::cat({golden::picture(0, size), golden::picture(1, size)}),
          at::cat({golden::picture(2, size), golden::picture(3, size), golden::picture(4, size)}),
          golden::picture(5, size)};
}

/// The same through the networks themselves. @param relative  with adapted scale
at::Tensor expected(const FsrtNetworks& networks, const Scene& scene, bool relative) {
  const at::NoGradGuard no_grad;
  FsrtModel& model = *networks.model;
  const Detection source = networks.detector->detect(scene.sources);
  const Detection driving = networks.detector->detect(scene.driving);
  const at::Tensor expressions = model.expression_encoder().forward(source.features, source.heatmaps);
  at::Tensor keypoints = driving.keypoints;
  if (relative) {
    const at::Tensor first = source.keypoints.narrow(0, 0, 1);
    const at::Tensor start = networks.detector->detect(scene.reference).keypoints;
    keypoints = (keypoints - start) * (span_of(first) / span_of(start)) + first;
  }
  const at::Tensor tokens =
      model.encoder().forward(scene.sources.unsqueeze(0), source.keypoints.unsqueeze(0), expressions.unsqueeze(0));
  const at::Tensor all = tokens.expand({scene.driving.size(0), -1, -1});
  return model.decoder()
      .decode_all_pixels_no_grad(model.decoder().prepare_tokens(all),
                                 keypoints,
                                 model.expression_encoder().forward(driving.features, driving.heatmaps),
                                 scene.driving.size(-1))
      .clamp(0, 1);
}

void expect_same_pictures(const FsrtModelConfig& config) {
  const FsrtNetworks networks = golden_networks(config);
  torch::jit::Module script = published(config, networks);
  const Scene scene = scene_of(config.image_size);
  for (const bool relative : {false, true}) {
    const at::Tensor found =
        script.forward({scene.sources, scene.driving, scene.reference, relative, relative}).toTensor();
    const at::Tensor wanted = expected(networks, scene, relative);
    EXPECT_LE((found - wanted).abs().max().item<double>(), 2e-6);
    const at::Tensor clamped = (wanted == 0).logical_or(wanted == 1);
    EXPECT_LT(clamped.to(at::kFloat).mean().item<double>(), 0.1);
    EXPECT_GT(wanted.std().item<double>(), 1e-2) << "a picture without content tests nothing";
  }
}

/// One thread: hand-overs between threads would take longer than these small pictures.
class ScriptReenactor : public testing::Test {
 protected:
  ScriptReenactor() { at::set_num_threads(1); }
  ~ScriptReenactor() override { at::set_num_threads(threads_); }

 private:
  int threads_ = at::get_num_threads();
};

TEST_F(ScriptReenactor, RendersThePicturesOfTheNetworks) {
  expect_same_pictures(tiny_size());
}

TEST_F(ScriptReenactor, RendersWithADetectorThatDownSamples) {
  expect_same_pictures(down_sampling_size());
}

TEST_F(ScriptReenactor, RendersWithTheSmallDecoderAndPlainSources) {
  expect_same_pictures(small_decoder_without_expression());
}

TEST_F(ScriptReenactor, FollowsThePrecisionOfTheWeights) {
  const FsrtModelConfig config = tiny_size();
  FsrtNetworks networks = golden_networks(config);
  convert_precision(networks, at::kDouble);
  Scene scene = scene_of(config.image_size);
  const at::Tensor found = published(config, networks).forward({scene.sources, scene.driving}).toTensor();
  for (at::Tensor* pictures : {&scene.sources, &scene.driving, &scene.reference}) *pictures = pictures->to(at::kDouble);
  EXPECT_EQ(found.scalar_type(), at::kDouble);
  EXPECT_LE((found - expected(networks, scene, false)).abs().max().item<double>(), 1e-13);
}

TEST_F(ScriptReenactor, HoldsEveryTensorUnderItsOfficialName) {
  const FsrtModelConfig config = tiny_size();
  const FsrtNetworks networks = golden_networks(config);
  const torch::jit::Module script = published(config, networks);
  std::map<std::string, at::Tensor> found;
  for (const auto& parameter : script.named_parameters()) found[parameter.name] = parameter.value;
  for (const auto& buffer : script.named_buffers()) found[buffer.name] = buffer.value;
  NamedTensors wanted = state_of(*networks.model);
  for (const auto& [name, tensor] : state_of(*networks.detector)) wanted.emplace_back("kp_detector." + name, tensor);
  ASSERT_EQ(found.size(), wanted.size());
  for (const auto& [name, tensor] : wanted) EXPECT_TRUE(at::equal(found.at(name), tensor)) << name;
}

TEST_F(ScriptReenactor, LetsTokensBeUsedAgain) {
  const FsrtModelConfig config = tiny_size();
  torch::jit::Module script = published(config, golden_networks(config));
  const Scene scene = scene_of(config.image_size);
  const at::Tensor whole = script.forward({scene.sources, scene.driving, c10::IValue(), true}).toTensor();
  const auto encoded = script.get_method("encode")({scene.sources}).toTuple();
  const auto seen = script.get_method("detect")({scene.driving}).toTuple();
  const at::Tensor driving = seen->elements()[0].toTensor();
  const at::Tensor moved =
      script.get_method("move")({encoded->elements()[1], driving, driving.narrow(0, 0, 1)}).toTensor();
  const auto last = [](const at::Tensor& rows) { return rows.narrow(0, 2, 1); };
  const at::Tensor frame =
      script.get_method("decode")({encoded->elements()[0], last(moved), last(seen->elements()[1].toTensor())})
          .toTensor();
  EXPECT_LE((frame - last(whole)).abs().max().item<double>(), 2e-6);
}

TEST_F(ScriptReenactor, RefusesPicturesOfAnotherSize) {
  const FsrtModelConfig config = tiny_size();
  torch::jit::Module script = published(config, golden_networks(config));
  const at::Tensor picture = golden::picture(0, config.image_size);
  EXPECT_THAT(
      [&] {
        script.forward({picture, golden::picture(0, 40)});
      },
      testing::ThrowsMessage<std::exception>(testing::HasSubstr("instead of [count, 3, 32, 32]")));
}

}  // namespace
}  // namespace understudy
