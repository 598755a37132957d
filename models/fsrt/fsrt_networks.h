#pragma once

#include <cstdint>
#include <memory>

#include <ATen/core/Tensor.h>

#include "models/blocks/anti_alias.h"
#include "models/fsrt/decoder.h"
#include "models/fsrt/discriminator.h"
#include "models/fsrt/encoder.h"
#include "models/fsrt/expression_network.h"
#include "models/fsrt/fsrt_config.h"
#include "models/fsrt/keypoint_detector.h"

namespace understudy {

/// The trained generator: children encoder, decoder, expression_encoder, so that parameters() has the official
/// optimiser's order.
class FsrtModel : public torch::nn::Module {
 public:
  explicit FsrtModel(const FsrtModelConfig& config);

  FsrtEncoder& encoder() { return *encoder_; }
  FsrtDecoder& decoder() { return *decoder_; }
  ExpressionNetwork& expression_encoder() { return *expression_encoder_; }

 private:
  std::shared_ptr<FsrtEncoder> encoder_;
  std::shared_ptr<FsrtDecoder> decoder_;
  std::shared_ptr<ExpressionNetwork> expression_encoder_;
};

/// All networks of an FSRT run; the discriminator and its pyramid are absent when only inference is wanted.
struct FsrtNetworks {
  std::shared_ptr<FsrtModel> model;
  std::shared_ptr<KeypointDetector> detector;
  std::shared_ptr<MultiScaleDiscriminator> discriminator;
  std::shared_ptr<ImagePyramid> pyramid;
};

/// Networks with PyTorch's default initialisation from `seed`; the detector is frozen.
FsrtNetworks make_fsrt_networks(const FsrtModelConfig& config, std::uint64_t seed, bool with_discriminator);

/// Converts every network; call before an optimiser or a gradient exists.
void convert_precision(FsrtNetworks& networks, at::ScalarType precision);

/// Moves every network to a device; parameters and buffers stay the tensors that they are.
void move_to(FsrtNetworks& networks, at::Device device);

/// A rendered picture: encode, prepare tokens and decode every pixel, without a graph. @return [b, 3, size, size]
at::Tensor render_picture(FsrtModel& model,
                          const at::Tensor& sources,
                          const at::Tensor& source_keypoints,
                          const at::Tensor& source_expressions,
                          const at::Tensor& driving_keypoints,
                          const at::Tensor& driving_expression);

}  // namespace understudy
