#include "trainer/recipes/latent_pose/latent_pose_person.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "common/errors.h"
#include "models/blocks/state.h"
#include "trainer/recipes/latent_pose/latent_pose_input.h"
#include "trainer/recipes/latent_pose/latent_pose_networks.h"

namespace understudy {
namespace {

/// Pictures that are encoded at once; bounds memory.
constexpr std::size_t kBatch = 8;

/// A network's tensors, with what the person brings in the place of what is not in the weights.
NamedTensors with_own(const torch::nn::Module& network, const NamedTensors& weights, std::string_view own) {
  NamedTensors state = state_of(network);
  std::erase_if(state, [own](const NamedTensor& item) { return !item.first.starts_with(own); });
  for (const NamedTensor& item : weights) {
    if (!item.first.starts_with(own)) state.push_back(item);
  }
  return state;
}

}  // namespace

at::Tensor mean_identity(const Embedder& embedder, const DataSet& person, const LatentPoseRecipeConfig& config) {
  const at::NoGradGuard no_grad;
  at::Tensor sum = at::zeros({1, config.model.embedder.identity_size}, at::kDouble);
  std::int64_t count = 0;
  std::vector<Picture> batch;
  const auto add_batch = [&] {
    if (batch.empty()) return;
    sum += embedder.identity(latent_pose_input(batch, config)).to(at::kDouble).sum(0, true);
    count += std::ssize(batch);
    batch.clear();
  };
  for (std::uint32_t clip = 0; clip < person.clips().size(); ++clip) {
    for (const std::uint32_t frame : person.usable_frames(clip)) {
      batch.push_back(person.decode_frame({clip, frame}));
      if (batch.size() == kBatch) add_batch();
    }
  }
  add_batch();
  if (count == 0)
    throw DataError(fmt::format("{}: the person has no usable frame with a mask", person.folder().string()));
  return sum / static_cast<double>(count);
}

/// Fine-tuning begins with the raw generator, whose running average begins anew, and with the embedder's running
/// average, which goes on (train.py, holycow.py).
NamedTensors LatentPoseRecipeConfig::personal_state(const RunConfig& run,
                                                    const NamedTensors& weights,
                                                    const DataSet& person) const {
  const LatentPoseNetworks networks = make_latent_pose_networks(*this, static_cast<std::uint64_t>(run.seed));
  const NamedTensors embedder = group_of(weights, "embedder");
  const NamedTensors average = group_of(weights, "average.embedder");
  load_state(*networks.embedder, embedder, "the embedder of many people");
  load_state(*networks.average_embedder, average.empty() ? embedder : average, "the embedder's running average");
  const at::Tensor identity = mean_identity(*networks.average_embedder, person, *this);
  networks.generator->set_identity(identity);
  networks.discriminator->set_identity(identity);
  const NamedTensors generator = with_own(*networks.generator, group_of(weights, "generator"), "identity_embedding");
  load_state(*networks.generator, generator, "the generator of many people");
  load_state(*networks.average_generator, generator, "the generator of many people");
  load_state(*networks.discriminator,
             with_own(*networks.discriminator, group_of(weights, "discriminator"), "embed."),
             "the discriminator of many people");
  return latent_pose_state(networks);
}

std::unique_ptr<RecipeConfig> LatentPoseRecipeConfig::for_one_person() const {
  if (stage != LatentPoseStage::kMeta)
    throw ConfigError("finetune: these networks are tuned to a person already; name those that were trained on many");
  auto tuning = std::make_unique<LatentPoseRecipeConfig>(*this);
  tuning->choose_stage("finetune");
  return tuning;
}

}  // namespace understudy
