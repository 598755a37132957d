// Export of a run: weights for inference, and the official checkpoint.
#include <fmt/format.h>

#include "common/errors.h"
#include "models/blocks/state.h"
#include "trainer/recipes/latent_pose/latent_pose_arguments.h"
#include "trainer/recipes/latent_pose/latent_pose_checkpoint.h"

namespace understudy {
namespace {

NamedTensors shown_state(const LatentPoseNetworks& networks) {
  NamedTensors state = in_group(state_of(*networks.average_embedder), "embedder");
  const NamedTensors generator = in_group(state_of(*networks.average_generator), "generator");
  state.insert(state.end(), generator.begin(), generator.end());
  return state;
}

void write_official_checkpoint(const LatentPoseRecipeConfig& config,
                               const RunConfig& run,
                               const LatentPoseNetworks& networks,
                               const ExportSource& source,
                               ExportFolder& folder) {
  folder.write_torch("model.pth",
                     latent_pose_checkpoint(networks, source, config, run),
                     "checkpoint of the official code: networks, averages, optimisers, arguments; its train.py resumes "
                     "or fine-tunes it, its drive.py takes it after fine-tuning");
  if (has_official_sizes(config.model)) return;
  folder.add_note(
      "the encoders have other sizes than the official ones, which the official code cannot build: it will not take "
      "model.pth");
}

std::string summary_of(const LatentPoseRecipeConfig& config) {
  return fmt::format(
      "Latent pose descriptors (Burkov et al., CVPR 2020), head reenactment at {0} x {0} pixels, {1}: embedder "
      "(identity {2}, pose {3}), generator and discriminator of {4} labels",
      config.model.image_size,
      config.stage == LatentPoseStage::kMeta ? "meta-learned" : "fine-tuned to one person",
      config.model.embedder.identity_size,
      config.model.embedder.pose_size,
      config.model.identities);
}

}  // namespace

std::string LatentPoseRecipeConfig::export_files(const RunConfig& run,
                                                 const ExportSource& source,
                                                 ExportFolder& folder) const {
  if (!source.formats.safetensors && !source.formats.torch)
    throw ConfigError("--formats torchscript: recipe latent_pose has none; ask for safetensors or pt");
  const LatentPoseNetworks networks = latent_pose_networks_of(*this, source.model);
  if (source.formats.safetensors) {
    folder.write_safetensors("model.safetensors",
                             shown_state(networks),
                             "running averages of embedder and generator under the networks' official names: what "
                             "draws; model.pth has the weights to train on from");
  }
  if (source.formats.torch) write_official_checkpoint(*this, run, networks, source, folder);
  if (source.formats.torchscript) folder.add_note("recipe latent_pose has no TorchScript: none was written");
  return summary_of(*this);
}

}  // namespace understudy
