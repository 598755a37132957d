#include "trainer/recipes/fsrt/fsrt_export.h"

#include <fmt/format.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/torch.h>

#include "common/errors.h"
#include "data_pipeline/resize.h"
#include "models/blocks/state.h"
#include "models/fsrt/torchscript.h"
#include "trainer/recipes/fsrt/fsrt_recipe.h"
#include "trainer/recipes/fsrt/fsrt_reenactor.h"
#include "trainer/recipes/fsrt/official_checkpoint.h"
#include "trainer/recipes/fsrt/official_config.h"

namespace understudy {
namespace {

/// The checkpoint's networks: they also give the tensors back in the official order, which the checkpoint's file does
/// not keep.
FsrtNetworks networks_of(const FsrtRecipeConfig& config, const NamedTensors& weights) {
  const NamedTensors discriminator = group_of(weights, "discriminator");
  FsrtNetworks networks = make_fsrt_networks(config, 0, /*with_discriminator=*/!discriminator.empty());
  load_state(*networks.model, without_group(without_group(weights, "discriminator"), "kp_detector"), "FSRT");
  load_state(*networks.detector, group_of(weights, "kp_detector"), "the keypoint detector");
  if (networks.discriminator) load_state(*networks.discriminator, discriminator, "the discriminator");
  return networks;
}

NamedTensors reenactor_state(const FsrtNetworks& networks) {
  NamedTensors state = state_of(*networks.model);
  const NamedTensors detector = in_group(state_of(*networks.detector), "kp_detector");
  state.insert(state.end(), detector.begin(), detector.end());
  return state;
}

/// A drawn picture without chance: slanted bands of colour, others for every number.
Picture drawn_picture(int number, int size) {
  Picture picture(size, size);
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      for (int c = 0; c < 3; ++c) {
        picture.pixel(x, y)[c] =
            static_cast<std::uint8_t>((x * (c + 1 + number) + 2 * y * (3 - c) + 50 * number) % 256);
      }
    }
  }
  return picture;
}

at::Tensor input_of(const Picture& picture) {
  const PicturePlanes planes = resize_like_skimage(picture, picture.width, picture.height);
  return torch::tensor(at::ArrayRef<float>(planes.values)).reshape({1, 3, picture.height, picture.width});
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor both_undefined = a.isnan().logical_and(b.isnan());
  return (a - b).abs().masked_fill(both_undefined, 0).max().item<double>();
}

void require_close(const at::Tensor& found, const at::Tensor& wanted) {
  const double difference = largest_difference(found, wanted);
  if (difference <= kScriptTolerance) return;  // NaN is not
  throw CheckpointError(fmt::format(
      "reenactor.ts.pt renders other pictures than the trainer's networks: difference {}, allowed {}; export "
      "without torchscript and report this",
      difference,
      kScriptTolerance));
}

/// @throws CheckpointError  when the script renders other pictures than the trainer's own inference
void require_same_pictures(torch::jit::Module script, const FsrtRecipeConfig& config, const NamedTensors& weights) {
  const at::NoGradGuard no_grad;
  const torch::jit::GraphOptimizerEnabledGuard as_written(false);
  const int n = static_cast<int>(config.model.image_size);
  std::vector<Picture> sources;
  std::vector<at::Tensor> source_inputs;
  for (int s = 0; s < static_cast<int>(config.model.sources); ++s) {
    sources.push_back(drawn_picture(s, n));
    source_inputs.push_back(input_of(sources.back()));
  }
  const Picture driving = drawn_picture(10, n);
  const Picture reference = drawn_picture(20, n);
  FsrtReenactor reenactor(config, weights, std::nullopt);
  reenactor.set_sources(sources);
  reenactor.set_reference(reference);
  // Relative motion with adapted scale needs every method. A detector that puts all keypoints on one line has no scale,
  // and its picture shows nothing: then absolute motion decides.
  for (const bool relative : {true, false}) {
    const at::Tensor wanted = reenactor.render({&driving, 1}, {.relative = relative, .adapt_scale = relative}).pictures;
    const at::Tensor found =
        script.forward({at::cat(source_inputs), input_of(driving), input_of(reference), relative, relative}).toTensor();
    require_close(found, wanted);
    if (wanted.isfinite().all().item<bool>()) return;
  }
}

NamedTensors tensors_of(const torch::jit::Module& script) {
  NamedTensors tensors;
  for (const auto& parameter : script.named_parameters()) tensors.emplace_back(parameter.name, parameter.value);
  for (const auto& buffer : script.named_buffers()) tensors.emplace_back(buffer.name, buffer.value);
  return tensors;
}

void write_script(const FsrtRecipeConfig& config, const FsrtNetworks& networks, ExportFolder& folder) {
  const char* name = "reenactor.ts.pt";
  folder.leave_if_asked();
  folder.write_stream(name, [&](std::ostream& stream) { script_reenactor(config.model, networks).save(stream); });
  folder.leave_if_asked();
  const torch::jit::Module script = torch::jit::load(folder.path_of(name).string());
  const NamedTensors weights = reenactor_state(networks);
  require_same_tensors(weights, tensors_of(script), name);
  folder.leave_if_asked();
  require_same_pictures(script, config, weights);
  folder.add_file(name, "TorchScript of the whole reenactor; torch.jit.load reads it without this project");
}

void write_official_files(const FsrtRecipeConfig& config,
                          const RunConfig& run,
                          const FsrtNetworks& networks,
                          const ExportSource& source,
                          ExportFolder& folder) {
  folder.write_torch(
      "model.pt",
      torch_checkpoint(official_checkpoint(networks, source, run)),
      "checkpoint of the published code: networks, optimisers, counters; it resumes and its demo loads it");
  folder.write_torch("kp_detector.pt",
                     state_dict_from(state_of(*networks.detector)),
                     "state dict of the keypoint detector, as the published code reads it");
  folder.write_text("config.yaml", official_config(config, run), "configuration of the published code and its demo");
  if (has_published_sizes(config.model)) return;
  folder.add_note(
      "the networks have other sizes than the published ones, which the published code cannot build: its demo "
      "will not take model.pt; use understudy reenact or reenactor.ts.pt");
}

std::string summary_of(const FsrtModelConfig& model) {
  return fmt::format(
      "FSRT (Rochow et al., CVPR 2024), face reenactment at {0} x {0} pixels: encoder, {1} decoder, expression "
      "network (vectors of {2}) and keypoint detector",
      model.image_size,
      model.small_decoder ? "small" : "full",
      model.expression_size);
}

}  // namespace

std::string export_fsrt(const FsrtRecipeConfig& config,
                        const RunConfig& run,
                        const ExportSource& source,
                        ExportFolder& folder) {
  const FsrtNetworks networks = networks_of(config, source.model);
  if (source.formats.safetensors) {
    folder.write_safetensors(
        "model.safetensors",
        reenactor_state(networks),
        "weights of encoder, decoder, expression_encoder and kp_detector under their official names");
  }
  if (source.formats.torch) write_official_files(config, run, networks, source, folder);
  if (source.formats.torchscript) write_script(config, networks, folder);
  return summary_of(config.model);
}

PickleValue FsrtRecipeConfig::published_checkpoint(const RunConfig& run, const ExportSource& source) const {
  const FsrtNetworks networks = networks_of(*this, source.model);
  TorchCheckpoint checkpoint = official_checkpoint(networks, source, run);
  // The published code has its detector in a file of its own and passes over other entries.
  checkpoint.networks.emplace_back("kp_detector", state_of(*networks.detector));
  return torch_checkpoint(checkpoint);
}

std::string FsrtRecipeConfig::export_files(const RunConfig& run,
                                           const ExportSource& source,
                                           ExportFolder& folder) const {
  return export_fsrt(*this, run, source, folder);
}

}  // namespace understudy
