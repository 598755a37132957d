#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/blocks/layers.h"
#include "models/blocks/mobilenet_v2.h"
#include "models/blocks/resnext.h"
#include "models/latent_pose/embedder_config.h"

namespace understudy {

/// The two encoders of "Neural Head Reenactment with Latent Pose Descriptors" (Burkov et al. 2020, 3.1): a ResNeXt
/// tells who is in a picture, a MobileNetV2 how the head is posed. Children identity_encoder and pose_encoder. Neither
/// normalises its input. A forward pass never changes a buffer.
class Embedder : public torch::nn::Module {
 public:
  explicit Embedder(const EmbedderConfig& config);

  /// Identity descriptors with the running statistics, one a picture; see aggregate_descriptors.
  /// @param images  [n, 3, h, w] in [0, 1]  @return [n, identity_size]
  at::Tensor identity(const at::Tensor& images) const;
  /// Pose descriptors with the running statistics and no dropout.
  /// @param images  [n, 3, h, w] in [0, 1]  @return [n, pose_size]
  at::Tensor pose(const at::Tensor& images) const;

  /// The same with the statistics of this batch, which are appended to `statistics`. For update_running_statistics
  /// compute identities first, then poses.
  at::Tensor identity_training(const at::Tensor& images, std::vector<BatchStatistics>& statistics) const;
  /// @param dropout  [n, feature_channels of the pose config], factors 0 or 1 / (1 - p); undefined: none
  at::Tensor pose_training(const at::Tensor& images,
                           const at::Tensor& dropout,
                           std::vector<BatchStatistics>& statistics) const;

  /// One update an iteration, with the average of the statistics of its micro-batches: those of the identity encoder,
  /// then those of the pose encoder, each in the order of its state. A step without identities gives the pose
  /// statistics to understudy::update_running_statistics(pose_encoder(), ...) instead.
  /// @throws ShapeError  when there are not as many statistics as BatchNorm layers
  void update_running_statistics(std::span<const BatchStatistics> statistics);

  ResNeXt50& identity_encoder() { return *identity_encoder_; }
  MobileNetV2& pose_encoder() { return *pose_encoder_; }

 private:
  std::shared_ptr<ResNeXt50> identity_encoder_;
  std::shared_ptr<MobileNetV2> pose_encoder_;
};

/// Fills the embedder from keyed draws as torchvision starts both networks: convolutions normal with variance
/// 2 / fan out, the last linear layer uniform in +-1/sqrt(fan in) (identity) or normal with deviation 0.01 and bias 0
/// (pose).
void initialize(Embedder& embedder, std::uint64_t seed, std::string_view name);

/// How the descriptors of a person's frames become one.
enum class Aggregation { kMean, kMax };

/// @param descriptors  [n * frames, size], the frames of a sample next to each other  @return [n, size]
at::Tensor aggregate_descriptors(const at::Tensor& descriptors, std::int64_t frames, Aggregation aggregation);

}  // namespace understudy
