#include "models/fsrt/fsrt_networks.h"

#include <torch/torch.h>

#include "models/blocks/initialization.h"
#include "models/blocks/state.h"

namespace understudy {

FsrtModel::FsrtModel(const FsrtModelConfig& config) {
  encoder_ = register_module("encoder", std::make_shared<FsrtEncoder>(config));
  decoder_ = register_module("decoder", std::make_shared<FsrtDecoder>(config));
  expression_encoder_ = register_module("expression_encoder", std::make_shared<ExpressionNetwork>(config));
}

namespace {

/// PyTorch's default start shrinks the picture's share of the tokens by 0.41 a layer; see model.encoder_gain.
void scale_convolutions(FsrtEncoder& encoder, double gain) {
  const at::NoGradGuard no_grad;
  for (auto& item : encoder.named_parameters()) {
    if (item.key().rfind("conv_blocks.", 0) == 0) item.value().mul_(gain);
  }
}

}  // namespace

FsrtNetworks make_fsrt_networks(const FsrtModelConfig& config, std::uint64_t seed, bool with_discriminator) {
  FsrtNetworks networks;
  networks.model = std::make_shared<FsrtModel>(config);
  networks.detector = std::make_shared<KeypointDetector>(config);
  initialize(networks.model->encoder(), seed, "encoder");
  if (config.encoder_gain != 1.0) scale_convolutions(networks.model->encoder(), config.encoder_gain);
  initialize(networks.model->decoder(), seed, "decoder");
  initialize(networks.model->expression_encoder(), seed, "expression_encoder");
  initialize(*networks.detector, seed, "kp_detector");
  set_trainable(*networks.detector, false);
  if (!with_discriminator) return networks;
  networks.discriminator = std::make_shared<MultiScaleDiscriminator>(config);
  networks.pyramid = std::make_shared<ImagePyramid>(3, config.discriminator_scales);
  initialize(*networks.discriminator, seed, "discriminator");
  return networks;
}

void convert_precision(FsrtNetworks& networks, at::ScalarType precision) {
  convert_precision(*networks.model, precision);
  convert_precision(*networks.detector, precision);
  if (networks.discriminator) convert_precision(*networks.discriminator, precision);
  if (networks.pyramid) convert_precision(*networks.pyramid, precision);
}

void move_to(FsrtNetworks& networks, at::Device device) {
  networks.model->to(device);
  networks.detector->to(device);
  if (networks.discriminator) networks.discriminator->to(device);
  if (networks.pyramid) networks.pyramid->to(device);
}

at::Tensor render_picture(FsrtModel& model,
                          const at::Tensor& sources,
                          const at::Tensor& source_keypoints,
                          const at::Tensor& source_expressions,
                          const at::Tensor& driving_keypoints,
                          const at::Tensor& driving_expression) {
  const at::NoGradGuard no_grad;
  const at::Tensor tokens = model.encoder().forward(sources, source_keypoints, source_expressions);
  return model.decoder().decode_all_pixels_no_grad(
      model.decoder().prepare_tokens(tokens), driving_keypoints, driving_expression, sources.size(-1));
}

}  // namespace understudy
