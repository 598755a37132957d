#include "models/fsrt/keypoint_detector.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "common/errors.h"
#include "models/blocks/initialization.h"
#include "models/blocks/state.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

FsrtModelConfig demo_size() {
  FsrtModelConfig config;
  config.image_size = 64;
  config.detector_width = 8;
  config.detector_max_width = 32;
  config.detector_blocks = 3;
  config.detector_scale = 0.5;
  return config;
}

TEST(KeypointDetector, ReproducesThePublishedNetwork) {
  KeypointDetector detector{FsrtModelConfig{}};
  golden::fill(detector);
  const at::Tensor picture = golden::picture(0, 256);
  const Detection found = detector.detect(picture);
  golden::expect_norm(found.features, 270.88855);
  golden::expect_entries(found.features[0][0][0][0], {0.18446214});
  golden::expect_entries(found.features[0][17][31][40], {0.0});
  golden::expect_entries(found.features[0][33][5][5], {0.93505543});
  {
    const at::NoGradGuard no_grad;
    const at::Tensor logits = detector.logits(found.features);
    golden::expect_norm(logits, 179.92621);
    golden::expect_entries(logits, {-0.69058347});
    golden::expect_entries(logits[0][9][57][57], {0.55948532});
  }
  golden::expect_entries(found.keypoints,
                         {0.16704012,  0.011294071, -0.058199503, -0.019274682, -0.0403377, 0.116639,    0.014577433,
                          0.032855641, -0.37261018, 0.37057132,   0.2312503,    0.2151321,  -0.11776298, 0.71973556,
                          0.31595495,  0.80687714,  0.087694943,  0.088868082,  0.19448285, -0.17307568});
  golden::expect_entries(found.heatmaps.amax(at::IntArrayRef{2, 3}),
                         {0.0054837437,
                          0.010634992,
                          0.019216472,
                          0.014463956,
                          0.034650017,
                          0.020505203,
                          0.0412606,
                          0.080759771,
                          0.013503281,
                          0.018399036});
}

TEST(KeypointDetector, HasThePublishedNamesAndShapes) {
  const KeypointDetector detector{FsrtModelConfig{}};
  const NamedTensors state = state_of(detector);
  ASSERT_EQ(state.size(), 73U);
  EXPECT_EQ(parameter_count(detector), 14146728);
  EXPECT_EQ(state[0].first, "predictor.encoder.down_blocks.0.conv.weight");
  EXPECT_EQ(state[6].first, "predictor.encoder.down_blocks.0.norm.num_batches_tracked");
  EXPECT_EQ(state[7].second.sizes(), (at::IntArrayRef{128, 64, 3, 3}));
  EXPECT_EQ(state[35].first, "predictor.decoder.up_blocks.0.conv.weight");
  EXPECT_EQ(state[35].second.sizes(), (at::IntArrayRef{512, 1024, 3, 3}));
  EXPECT_EQ(state[70].first, "kp.weight");
  EXPECT_EQ(state[72].first, "down.weight");
  EXPECT_EQ(state[72].second.sizes(), (at::IntArrayRef{3, 1, 13, 13}));
}

TEST(KeypointDetector, FindsTheSameInAPictureAloneAndInABatch) {
  KeypointDetector detector{demo_size()};
  initialize(detector, 1, "detector");
  const at::Tensor pictures = at::cat({golden::picture(0, 64), golden::picture(1, 64), golden::picture(2, 64)});
  const Detection all = detector.detect(pictures);
  for (std::int64_t i = 0; i < 3; ++i) {
    const Detection alone = detector.detect(pictures.narrow(0, i, 1));
    EXPECT_TRUE(at::allclose(alone.keypoints[0], all.keypoints[i], 1e-6, 1e-6));
    EXPECT_TRUE(at::allclose(alone.heatmaps[0], all.heatmaps[i], 1e-5, 1e-8));
    EXPECT_TRUE(at::allclose(alone.features[0], all.features[i], 1e-5, 1e-5));
  }
  EXPECT_TRUE(at::equal(all.keypoints, detector.detect(pictures).keypoints));
}

TEST(KeypointDetector, TrainsOnBatchStatisticsAndChangesBuffersOnlyWhenTold) {
  KeypointDetector detector{demo_size()};
  initialize(detector, 2, "detector");
  convert_precision(detector, at::kDouble);
  const at::Tensor pictures = at::cat({golden::picture(0, 64), golden::picture(1, 64)}).to(at::kDouble);
  NamedTensors before;
  for (const auto& [name, tensor] : state_of(detector)) before.emplace_back(name, tensor.detach().clone());
  std::vector<BatchStatistics> statistics;
  detector.forward_training(pictures, statistics).keypoints.sum().backward();
  ASSERT_EQ(statistics.size(), 6U);
  const NamedTensors after = state_of(detector);
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(at::equal(before[i].second, after[i].second)) << before[i].first;
  EXPECT_GT(detector.named_parameters()["kp.weight"].grad().norm().item<double>(), 0.0);

  detector.update_running_statistics(statistics);
  const auto buffers = detector.named_buffers();
  const at::Tensor expected = 0.9 * at::zeros({16}, at::kDouble) + 0.1 * statistics[0].mean;
  EXPECT_TRUE(at::allclose(buffers["predictor.encoder.down_blocks.0.norm.running_mean"], expected, 1e-14, 1e-14));
  EXPECT_EQ(buffers["predictor.decoder.up_blocks.2.norm.num_batches_tracked"].item<std::int64_t>(), 1);
}

TEST(KeypointDetector, RefusesAPictureThatItsBlocksCannotHalve) {
  KeypointDetector detector{demo_size()};
  EXPECT_THROW(detector.detect(at::zeros({1, 3, 72, 64})), ShapeError);
}

}  // namespace
}  // namespace understudy
