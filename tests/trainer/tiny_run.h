#pragma once

#include <filesystem>
#include <string>

#include <torch/torch.h>

#include "checkpoints/store.h"
#include "models/blocks/state.h"
#include "trainer/recipe_config.h"
#include "trainer/recipes/fsrt/fsrt_recipe.h"

namespace understudy {

// A run directory with one checkpoint, made without data or training.

inline constexpr const char* kTinyModel = R"(
[model]
image_size = 32
expression_size = 16
pixel_octaves = 6
keypoint_octaves = 2
head_width = 8
encoder_width = 4
encoder_blocks = 1
encoder_heads = 2
encoder_hidden = 32
query_hidden = 32
decoder_blocks = 1
decoder_heads = 2
decoder_hidden = 32
render_widths = [32, 32]
expression_features = 4
expression_widths = [32]
detector_width = 4
detector_max_width = 16
detector_blocks = 2
detector_scale = 1.0
discriminator_width = 4
discriminator_max_width = 8
discriminator_blocks = 2
)";

inline constexpr const char* kTinyMethod = R"(
[data]
query_pixels = 64
query_pixels_phase1 = 64
[losses]
feature_matching_weights = [0.01, 0.01]
)";

inline RunSettings tiny_settings(const std::string& recipe) {
  const std::string method = recipe == "fsrt" ? kTinyMethod : "";
  return RunSettings::read("[recipe]\nname = \"" + recipe + "\"\n" + kTinyModel + method, "tiny.toml", {});
}

inline const FsrtRecipeConfig& fsrt_config(const RunSettings& settings) {
  return dynamic_cast<const FsrtRecipeConfig&>(*settings.recipe);
}

/// Moments that tell a parameter's number, so that a wrong order shows.
inline NamedTensors tiny_optimizer(const torch::nn::Module& network, const std::string& player, double steps) {
  NamedTensors state;
  double number = 0;
  for (const auto& parameter : network.named_parameters()) {
    state.emplace_back(player + "." + parameter.key() + ".exp_avg",
                       at::full_like(parameter.value(), ++number).detach());
    state.emplace_back(player + "." + parameter.key() + ".exp_avg_sq", at::full_like(parameter.value(), 0.5).detach());
  }
  state.emplace_back(player + ".step", at::scalar_tensor(steps, at::kDouble));
  return state;
}

struct TinyState {
  FsrtNetworks networks;
  NamedTensors model;
  NamedTensors optimizer;
};

/// Networks of a configuration and made-up optimisers; the discriminator's has not stepped.
inline TinyState tiny_state(const FsrtRecipeConfig& config, std::uint64_t seed = 1) {
  TinyState state{.networks = make_fsrt_networks(config, seed, true), .model = {}, .optimizer = {}};
  const auto append = [](NamedTensors& to, const NamedTensors& more) { to.insert(to.end(), more.begin(), more.end()); };
  append(state.model, state_of(*state.networks.model));
  append(state.model, in_group(state_of(*state.networks.detector), "kp_detector"));
  append(state.model, in_group(state_of(*state.networks.discriminator), "discriminator"));
  append(state.optimizer, tiny_optimizer(*state.networks.model, "generator", 7));
  append(state.optimizer, tiny_optimizer(*state.networks.discriminator, "discriminator", 0));
  return state;
}

/// Publishes the state as the checkpoint of an iteration.
inline void publish_tiny_checkpoint(const std::filesystem::path& run,
                                    const RunSettings& settings,
                                    const TinyState& state,
                                    std::int64_t iteration) {
  CheckpointStore store(run);
  const auto pending = store.begin(iteration, store.take_incarnation());
  Manifest manifest;
  manifest.code_version = "1.2.3";
  manifest.config = settings.text();
  manifest.data_fingerprints["train"] = "abc";
  manifest.parts.push_back(pending->write_tensors(kModelPart, state.model));
  manifest.parts.push_back(pending->write_tensors(kOptimizerPart, state.optimizer));
  manifest.parts.push_back(pending->write_text(kTrainerPart, R"({"completed": 7, "finished": false, "stopping":
      {"phase": "II", "reference": 20.5, "without_improvement": 0, "stopped": false,
       "best": {"I": [{"iteration": 2, "value": 30.0}], "II": [{"iteration": 6, "value": 20.5}]}}})"));
  pending->publish(std::move(manifest));
}

}  // namespace understudy
