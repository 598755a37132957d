#include "trainer/recipes/latent_pose/latent_pose_memory.h"

#include <algorithm>
#include <array>
#include <span>

namespace understudy {
namespace {

/// Numbers (not bytes).
using Count = std::int64_t;

/// A backward step through a wide layer holds the gradients of its output and of its input, and a copy of each in the
/// order that the convolution library wants (measured: docs/doctor.md).
constexpr Count kPassingTensors = 4;

/// A network, or a part of one, over one picture.
struct Part {
  Count kept = 0;     ///< for the backward pass
  Count widest = 0;   ///< the largest tensor
  Count weights = 0;  ///< numbers in its convolutions and products

  void keep(Count numbers, Count copies = 1) {
    kept += copies * numbers;
    widest = std::max(widest, numbers);
  }
};

Count square(Count side) {
  return side * side;
}

/// Rounded up: what a stride of 2 leaves of a padded picture.
Count half(Count side) {
  return (side + 1) / 2;
}

// Each norm keeps its input; its output is what ReLU overwrites and the next convolution keeps.

/// ResNeXt-50 in training.
Part identity_encoder(const LatentPoseModelConfig& m) {
  const ResNeXtConfig& c = m.embedder.identity;
  Part part;
  Count side = half(m.image_size);
  part.keep(c.width * square(side), 2);
  side = half(side);
  constexpr Count kIndices = 2;  // of 8 bytes, a pooled number
  part.keep(c.width * square(side), 1 + kIndices);
  for (std::size_t stage = 0; stage < c.blocks.size(); ++stage) {
    const Count inner = c.groups * c.width_per_group << stage;
    const Count outputs = 4 * c.width << stage;
    for (Count block = 0; block < c.blocks[stage]; ++block) {
      const Count before = side;
      if (block == 0 && stage > 0) side = half(side);
      part.keep(inner * square(before), 2);
      part.keep(inner * square(side), 2);
      part.keep(outputs * square(side), block == 0 ? 3 : 2);
    }
  }
  return part;
}

/// MobileNetV2 in training.
Part pose_encoder(const LatentPoseModelConfig& m) {
  const MobileNetConfig& c = m.embedder.pose;
  Part part;
  Count side = half(m.image_size);
  Count channels = c.scaled(c.stem);
  part.keep(channels * square(side), 2);
  for (const InvertedResidualStage& stage :
       std::span(c.stages).first(std::min(static_cast<std::size_t>(c.used_stages), c.stages.size()))) {
    for (Count block = 0; block < stage.repeats; ++block) {
      const Count inner = stage.expansion * channels;
      if (stage.expansion != 1) part.keep(inner * square(side), 2);
      if (block == 0 && stage.stride == 2) side = half(side);
      part.keep(inner * square(side), 2);
      channels = c.scaled(stage.channels);
      part.keep(channels * square(side), 2);
    }
  }
  part.keep(c.feature_channels() * square(side), 2);
  return part;
}

Part generator(const LatentPoseModelConfig& m) {
  const LatentPoseGeneratorConfig c = m.generator();
  Part part;
  const auto block = [&](Count inputs, Count outputs, Count before, Count after) {
    const bool doubles = before != after;
    part.keep(inputs * square(before));              // after the first norm
    if (doubles) part.keep(inputs * square(after));  // doubled
    part.keep(outputs * square(after), 3);           // first convolution, second norm, sum
    part.weights += 9 * (inputs + outputs) * outputs + (doubles || inputs != outputs ? inputs * outputs : 0);
  };
  Count side = c.constant_size;
  for (Count i = 0; i < c.constant_blocks; ++i) block(c.width(0), c.width(0), side, side);
  for (Count ups = 1; ups <= c.up_blocks(); ++ups) {
    block(c.width(ups - 1), c.width(ups), side, 2 * side);
    side *= 2;
  }
  constexpr Count kOutputs = 4;
  part.keep(c.width(c.up_blocks()) * square(side));
  part.keep(kOutputs * square(side), 5);  // tanh, picture and mask with what they are made of
  Count coefficients = 0;
  for (const Count channels : c.adain_channels()) coefficients += 2 * channels;
  part.kept += c.identity_size + c.pose_size + c.hidden_size() + coefficients;
  part.weights += c.hidden_size() * (c.identity_size + c.pose_size + coefficients);
  return part;
}

/// @param with_graph  else the feature maps alone
Part discriminator(const LatentPoseModelConfig& m, bool with_graph) {
  const LatentPoseDiscriminatorConfig c = m.discriminator();
  Part part;
  Count side = c.image_size;
  Count inputs = 3;
  for (Count i = 0; i < c.blocks; ++i) {
    const Count outputs = c.width(i);
    const bool halves = i < c.down_blocks();
    if (with_graph) {
      part.keep(outputs * square(side), halves ? 2 : 1);  // inside, and what is averaged
      if (halves) part.kept += inputs * square(side / 2);
    }
    if (halves) side /= 2;
    part.keep(outputs * square(side));
    part.weights += 9 * (inputs + outputs) * outputs + (halves ? inputs * outputs : 0);
    inputs = outputs;
  }
  return part;
}

/// A perceptual network of stages of 3x3 convolutions.
struct PerceptualShape {
  std::array<Count, 5> convolutions;  ///< of each stage
};
constexpr PerceptualShape kCaffeVgg{{2, 2, 4, 4, 1}};
constexpr PerceptualShape kVggFace{{2, 2, 3, 3, 3}};
constexpr std::array<Count, 5> kVggWidths{64, 128, 256, 512, 512};

struct PerceptualPart {
  Count taps = 0;    ///< all activations of one picture
  Count pooled = 0;  ///< between them
  Count weights = 0;
};

PerceptualPart perceptual(const PerceptualShape& shape, Count side) {
  PerceptualPart part;
  Count inputs = 3;
  for (std::size_t stage = 0; stage < kVggWidths.size(); ++stage) {
    if (stage > 0) {
      side /= 2;
      part.pooled += inputs * square(side);
    }
    for (Count i = 0; i < shape.convolutions[stage]; ++i) {
      part.taps += kVggWidths[stage] * square(side);
      part.weights += (9 * inputs + 1) * kVggWidths[stage];
      inputs = kVggWidths[stage];
    }
  }
  return part;
}

Count number_bytes(const LatentPoseRecipeConfig& config) {
  return config.precision == Precision::kFloat64 ? 8 : 4;
}

bool is_meta(const LatentPoseRecipeConfig& config) {
  return config.stage == LatentPoseStage::kMeta;
}

}  // namespace

std::int64_t latent_pose_training_bytes(const LatentPoseRecipeConfig& config, std::int64_t samples) {
  const LatentPoseModelConfig& m = config.model;
  // The backward pass goes through the parts in the reverse order and frees each behind itself, so the peak is in the
  // part where what is still kept and the part's own passing tensors are most.
  Count kept = 0;
  Count peak = 0;
  const auto add_part = [&](Count part_kept, Count passing) {
    kept += part_kept;
    peak = std::max(peak, kept + passing);
  };
  const auto add_network = [&](const Part& part, Count pictures) {
    add_part(pictures * part.kept + part.weights, pictures * kPassingTensors * part.widest);
  };
  if (is_meta(config)) add_network(identity_encoder(m), samples * m.identity_frames);
  add_network(pose_encoder(m), samples);
  add_network(generator(m), samples);
  const Part judge = discriminator(m, true);
  const Count features = discriminator(m, false).kept;
  // Features of the true picture and their differences; the former are gone when the way back begins.
  add_part(samples * (judge.kept + features) + judge.weights, samples * features);
  const Count picture = 3 * square(m.image_size);
  const auto add_perceptual = [&](const PerceptualShape& shape) {
    const PerceptualPart part = perceptual(shape, m.image_size);
    // Activations, their differences from those of the true picture, and the latter until the loss is known.
    add_part(samples * (2 * part.taps + part.pooled + 2 * picture), samples * (features + part.taps));
  };
  if (config.losses.face_weight > 0) add_perceptual(kVggFace);
  if (config.losses.perceptual_weight > 0) add_perceptual(kCaffeVgg);
  // The discriminator's own step: both pictures with a graph. The matrix has a gradient by its rows and one by sigma.
  const Count matrix = m.identities * m.embedder.identity_size;
  const Count judging =
      samples * (2 * judge.kept + picture + kPassingTensors * judge.widest) + 2 * judge.weights + 2 * matrix;
  return std::max(peak, judging) * number_bytes(config);
}

std::int64_t latent_pose_validation_bytes(const LatentPoseRecipeConfig& config, std::int64_t samples) {
  const LatentPoseModelConfig& m = config.model;
  constexpr Count kAtOnce = 3;  // input, output and a copy for the convolution library
  const Part draw = generator(m);
  Count numbers = samples * kAtOnce * std::max(draw.widest, pose_encoder(m).widest) + draw.weights;
  if (is_meta(config)) {
    numbers = std::max(numbers, samples * m.identity_frames * kAtOnce * identity_encoder(m).widest);
  }
  return numbers * number_bytes(config);
}

std::int64_t latent_pose_perceptual_bytes(const LatentPoseRecipeConfig& config) {
  Count weights = 0;
  if (config.losses.face_weight > 0) weights += perceptual(kVggFace, config.model.image_size).weights;
  if (config.losses.perceptual_weight > 0) weights += perceptual(kCaffeVgg, config.model.image_size).weights;
  return weights * number_bytes(config);
}

RecipePlan LatentPoseRecipeConfig::plan(const RunConfig& run) const {
  return {.phases = {{.name = stage == LatentPoseStage::kMeta ? "meta-learning" : "fine-tuning",
                      .first = 0,
                      .pass_bytes = latent_pose_training_bytes(*this, run.batch.micro_batch)}},
          .validation_bytes = latent_pose_validation_bytes(*this, run.validation.micro_batch),
          .frozen_bytes = latent_pose_perceptual_bytes(*this),
          .picture_size = model.image_size};
}

}  // namespace understudy
