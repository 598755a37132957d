#include "trainer/recipes/keypoints/keypoint_annotator.h"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/safetensors.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/recipes/fsrt/fsrt_reenactor.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;

class KeypointAnnotatorTest : public testing::Test {
 protected:
  KeypointAnnotatorTest() {
    at::set_num_threads(1);
    write_tiny_set(place("set"), {.identities = 1, .clips = 1, .frames = 18, .side = 48});
    publish_tiny_checkpoint(place("run"), settings_, state_, 4);
  }
  fs::path place(const std::string& name) const { return folder_.path() / name; }
  InferenceSource source() const { return {.weights = place("run"), .config = {}, .detector = {}}; }

  /// A detector's own tensors and a Jacobian layer with this many maps.
  InferenceSource with_jacobian(std::int64_t maps) const {
    NamedTensors tensors = group_of(state_.model, "kp_detector");
    torch::manual_seed(3);
    tensors.emplace_back("jacobian.weight", at::randn({4 * maps, 7, 7, 7}));
    tensors.emplace_back("jacobian.bias", at::randn({4 * maps}));
    write_safetensors(place("kp.safetensors"), tensors);
    write_file_atomically(place("tiny.toml"), settings_.text());
    return {.weights = place("kp.safetensors"), .config = place("tiny.toml"), .detector = {}};
  }

  /// [18, 60]: keypoints, then Jacobians.
  at::Tensor annotate(const InferenceSource& source) const {
    StoredClip clip;
    clip.listed.name = "id00#video00#000";
    for (std::uint32_t i = 0; i < 18; ++i) clip.frames.position.push_back(i);
    const KeypointAnnotator annotator(DataSet::open(place("set")), load_jacobian_detector(source));
    const ClipAnnotations found = annotator.annotate(clip);
    at::Tensor values = at::empty({18, 60}, at::kFloat);
    EXPECT_EQ(found.rows.at(0).bytes.size(), values.nbytes());
    std::memcpy(values.data_ptr<float>(), found.rows.at(0).bytes.data(), values.nbytes());
    return values;
  }

  TemporaryFolder folder_;
  RunSettings settings_ = tiny_settings("fsrt");
  TinyState state_ = tiny_state(fsrt_config(settings_));
};

TEST_F(KeypointAnnotatorTest, FindsWhatInferenceFinds) {
  const at::Tensor values = annotate(source());
  const auto made = make_reenactor(source());
  const auto& reenactor = dynamic_cast<const FsrtReenactor&>(*made);
  const DataSet set = DataSet::open(place("set"));
  for (std::uint32_t i = 0; i < 18; ++i) {
    const at::Tensor wanted = reenactor.observe(set.decode_frame({0, i})).keypoints.flatten();
    EXPECT_LT((values[i].slice(0, 0, 20) - wanted).abs().max().item<float>(), 1e-5) << i;
  }
  EXPECT_GT((values[3] - values[4]).abs().max().item<float>(), 1e-4);  // frames that differ
  EXPECT_EQ(values.slice(1, 20).abs().max().item<float>(), 0);         // FSRT's detector has no Jacobians
}

TEST_F(KeypointAnnotatorTest, GivesTheSameBitsAgain) {
  EXPECT_TRUE(at::equal(annotate(source()), annotate(source())));
}

TEST_F(KeypointAnnotatorTest, WeighsJacobiansByHeatmaps) {
  for (const std::int64_t maps : {1, 10}) {
    const JacobianDetector detector = load_jacobian_detector(with_jacobian(maps));
    const Detection found = detector.detector->detect(at::rand({2, 3, 32, 32}));
    const at::Tensor jacobians = keypoint_jacobians(detector, found);
    EXPECT_EQ(jacobians.sizes(), (std::vector<std::int64_t>{2, 10, 2, 2}));
    const at::Tensor all = at::conv2d(found.features, detector.jacobian_weight, detector.jacobian_bias);
    for (const auto& [n, k, entry] : {std::tuple{0, 0, 0}, {1, 7, 2}, {1, 9, 3}}) {
      const at::Tensor map = all[n][(maps == 1 ? 0 : 4 * k) + entry];
      const float wanted = (map * found.heatmaps[n][k]).sum().item<float>();
      EXPECT_NEAR(jacobians[n][k][entry / 2][entry % 2].item<float>(), wanted, 1e-4);
    }
  }
  EXPECT_GT(annotate(with_jacobian(10)).slice(1, 20).abs().max().item<float>(), 0);
}

TEST_F(KeypointAnnotatorTest, TakesWeightsOfADetectorsRun) {
  const RunSettings keypoints = tiny_settings("keypoints");
  TinyState state = tiny_state(fsrt_config(settings_));
  publish_tiny_checkpoint(place("keypoints"), keypoints, state, 4);
  EXPECT_EQ(load_jacobian_detector({.weights = place("keypoints"), .config = {}, .detector = {}}).image_size, 32);
}

TEST_F(KeypointAnnotatorTest, RefusesLayersAndDetectorsThatDoNotFit) {
  EXPECT_THAT([&] { load_jacobian_detector(with_jacobian(3)); }, ThrowsMessage<CheckpointError>(HasSubstr("[12, 7")));
  InferenceSource official = with_jacobian(10);
  official.config = {};
  EXPECT_THROW(load_jacobian_detector(official), CheckpointError);
}

}  // namespace
}  // namespace understudy
