#pragma once

#include <memory>

#include "data_pipeline/fsrt_draws.h"
#include "trainer/recipes/fsrt/fsrt_step.h"

namespace understudy {

/// Networks of a configuration with their keyed initial weights, the detector and VGG-19 not yet loaded.
FsrtNetworks make_fsrt_networks(const FsrtRecipeConfig& config, std::uint64_t seed, bool with_discriminator);

/// VGG-19 from `perceptual.weights`, or with random weights if that says "random".
/// @throws ConfigError  when no file is named. @throws CheckpointError  when it does not fit
std::shared_ptr<Vgg19> make_perceptual_network(const FsrtRecipeConfig& config, std::uint64_t seed);

/// Loads detector weights from kp_detector.pt, a FOMM checkpoint, a safetensors file or a checkpoint's folder.
/// @throws CheckpointError  naming the file and what it holds instead
void load_detector(KeypointDetector& detector, const std::string& path);

/// Loads the detector that the configuration names. @throws ConfigError  when it names none; CheckpointError
void load_detector(KeypointDetector& detector, const FsrtRecipeConfig& config);

/// The published FSRT system (Rochow et al., CVPR 2024): phases I, II and III with discriminator warm-up.
class FsrtRecipe final : public Recipe {
 public:
  FsrtRecipe(const FsrtRecipeConfig& config, const RunConfig& run, FsrtNetworks networks, std::shared_ptr<Vgg19> vgg);

  EpisodeSpec episode() const override;
  void move_to(at::Device device) override;
  Sample prepare(const EpisodeFrames& frames, const SampleUse& use) const override;
  nlohmann::ordered_json describe_draws(const EpisodeFrames& frames, const SampleUse& use) const override;
  std::vector<Player> players() override;
  std::string phase(Iteration iteration) const override;
  void begin_iteration(Iteration iteration) override;
  at::Tensor coupled_values(const MicroBatch& batch) override;
  std::vector<Objective> objectives(const MicroBatch& batch, const CoupledGroup& group) override;
  std::vector<std::string> validation_metrics() const override;
  std::vector<std::vector<double>> validate(const MicroBatch& batch) override;
  std::vector<std::pair<std::string, at::Tensor>> batch_tensors(const MicroBatch& batch) const override;
  /// Sources and driving frame in version A1, which encoder and loss see, and the face crop in version A3.
  std::vector<Picture> input_pictures(const MicroBatch& batch) const override;
  std::vector<Picture> sample_pictures(const MicroBatch& batch) override;
  std::vector<std::pair<std::string, at::Tensor>> state() override;

  const FsrtStep& step() const { return step_; }

 private:
  FsrtDraws draw(const EpisodeFrames& frames, const SampleUse& use) const;
  bool plain_expression_from_a2(std::uint64_t sample) const;

  FsrtRecipeConfig config_;
  RunConfig run_;
  FsrtNetworks networks_;
  std::shared_ptr<Vgg19> vgg_;
  FsrtStep step_;
};

std::unique_ptr<Recipe> make_fsrt_recipe(const FsrtRecipeConfig& config, const RunConfig& run);

}  // namespace understudy
