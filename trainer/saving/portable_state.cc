#include "trainer/saving/portable_state.h"

#include <algorithm>
#include <set>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "checkpoints/safetensors.h"
#include "checkpoints/torch_file.h"
#include "checkpoints/weights_file.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/log.h"
#include "trainer/first_weights.h"
#include "trainer/inference.h"
#include "trainer/preflight/checkpoint_outline.h"
#include "trainer/validate_run.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kPortableVersion = 1;
constexpr std::size_t kMostShown = 8;
constexpr std::string_view kDetectorGroup = "kp_detector";

std::string network_of(const std::string& name) {
  return name.substr(0, name.find('.'));
}

std::set<std::string> networks_of(const NamedTensors& tensors) {
  std::set<std::string> networks;
  for (const auto& [name, tensor] : tensors) networks.insert(network_of(name));
  return networks;
}

std::string shape_of(const at::Tensor& tensor) {
  return fmt::format("{} [{}]", c10::toString(tensor.scalar_type()), fmt::join(tensor.sizes(), ", "));
}

/// The tensors of `wanted` out of `found`. Adds a line to `problems` for each that is missing or does not fit; those of
/// the networks in `absent` may be missing.
NamedTensors fitting(const NamedTensors& found,
                     const NamedTensors& wanted,
                     const std::set<std::string>& absent,
                     std::vector<std::string>& problems) {
  const std::map<std::string, at::Tensor> by_name(found.begin(), found.end());
  NamedTensors taken;
  for (const auto& [name, target] : wanted) {
    const auto source = by_name.find(name);
    if (source == by_name.end()) {
      if (!absent.contains(network_of(name))) problems.push_back(fmt::format("{} is missing", name));
    } else if (source->second.sizes() != target.sizes() || source->second.scalar_type() != target.scalar_type()) {
      problems.push_back(fmt::format(
          "{} is {} where the configuration makes it {}", name, shape_of(source->second), shape_of(target)));
    } else {
      taken.emplace_back(name, source->second);
    }
  }
  return taken;
}

/// Takes over what fits of a file's tensors. @throws CheckpointError  with everything that does not
void take_tensors(PortableState& state,
                  const NamedTensors& model,
                  const NamedTensors& optimizer,
                  const fs::path& source) {
  const NamedTensors wanted = state.outline->state();
  std::set<std::string> absent = networks_of(wanted);
  for (const std::string& network : networks_of(model)) absent.erase(network);
  std::vector<std::string> problems;
  state.model = fitting(model, wanted, absent, problems);
  std::set<std::string> without_state;
  const std::vector<Player> players = state.outline->players();
  for (const Player& player : players) without_state.insert(player.name);
  for (const std::string& player : networks_of(optimizer)) without_state.erase(player);
  state.optimizer = fitting(optimizer, optimizer_outline(players), without_state, problems);
  if (state.model.empty()) problems.insert(problems.begin(), "none of the recipe's tensors is in it");
  if (problems.empty()) return;
  const std::size_t count = problems.size();
  problems.resize(std::min(count, kMostShown));
  throw CheckpointError(fmt::format(
      "{}: {} of its tensors are not those of recipe {} as configured:\n  {}{}\nName the configuration that "
      "belongs to it with --config",
      source.string(),
      count,
      state.settings.run.recipe,
      fmt::join(problems, "\n  "),
      count > problems.size() ? "\n  ..." : ""));
}

PortableState state_of_checkpoint(const LoadedCheckpoint& checkpoint) {
  const Manifest& manifest = checkpoint.manifest();
  RunSettings settings = RunSettings::read(manifest.config, (checkpoint.folder() / kManifestName).string(), {});
  std::unique_ptr<Recipe> outline = settings.recipe->make_outline(settings.run);
  return {.settings = std::move(settings),
          .outline = std::move(outline),
          .completed = manifest.iteration,
          .model = checkpoint.tensors(kModelPart),
          .optimizer = checkpoint.tensors(kOptimizerPart),
          .trainer = checkpoint.text(kTrainerPart),
          .data_fingerprints = manifest.data_fingerprints};
}

/// A run's checkpoint; nothing when the path is another kind of source.
std::optional<LoadedCheckpoint> checkpoint_at(const PortableSource& source) {
  if (fs::exists(source.path / kManifestName)) {
    const std::vector<std::string> problems = verify_checkpoint(source.path, Verification::kLoading);
    if (!problems.empty()) throw CheckpointError(fmt::format("{}", fmt::join(problems, "\n")));
    return LoadedCheckpoint(source.path, read_manifest(source.path));
  }
  if (!fs::is_directory(source.path / "checkpoints")) return std::nullopt;
  return choose_checkpoint(source.path, source.checkpoint);
}

/// The configuration that a file keeps or is given.
RunSettings settings_of(const PortableSource& source) {
  return inference_settings({.weights = source.path, .config = source.config, .detector = {}});
}

/// What portable_metadata writes beside the tensors.
struct OwnMetadata {
  std::int64_t completed;
  std::string config;
  std::string trainer;
  std::map<std::string, std::string> data_fingerprints;
};

/// @throws CheckpointError  for one of a newer version
OwnMetadata parse_own_metadata(const Json& json) {
  const auto version = json.at("version").get<std::int64_t>();
  if (version > kPortableVersion) {
    throw CheckpointError(
        fmt::format("has format version {}, of which this program reads 1 to {}; use a newer understudy",
                    version,
                    kPortableVersion));
  }
  return {.completed = json.at("completed"),
          .config = json.at("config"),
          .trainer = json.at("trainer"),
          .data_fingerprints = json.at("data_fingerprints").get<std::map<std::string, std::string>>()};
}

/// Nothing where another program wrote the file. @throws CheckpointError
std::optional<OwnMetadata> own_metadata(const SafetensorsFile& file, const fs::path& path) {
  const auto entry = file.metadata().find(kPortableKey);
  if (entry == file.metadata().end()) return std::nullopt;
  try {
    return parse_own_metadata(Json::parse(entry->second));
  } catch (const CheckpointError& newer) {
    throw CheckpointError(fmt::format("{}: {}", path.string(), newer.what()));
  } catch (const Json::exception& error) {
    throw CheckpointError(
        fmt::format("{}: its metadata entry \"{}\" is damaged ({})", path.string(), kPortableKey, error.what()));
  }
}

/// The networks' tensors under the recipe's names, with the detector of another file where one is named.
NamedTensors own_model(const PortableState& state, NamedTensors found, const PortableSource& source) {
  NamedTensors model = state.settings.recipe->own_names(std::move(found));
  if (!source.detector) return model;
  model = without_group(model, kDetectorGroup);
  for (NamedTensor& item : in_group(keypoint_detector_weights(load_weights(*source.detector)), kDetectorGroup))
    model.push_back(std::move(item));
  return model;
}

PortableState state_of_safetensors(const PortableSource& source, const fs::path& path) {
  const SafetensorsFile file = SafetensorsFile::open(path);
  const std::optional<OwnMetadata> own = own_metadata(file, path);
  PortableState state;
  if (own) {
    state.completed = own->completed;
    state.trainer = own->trainer;
    state.data_fingerprints = own->data_fingerprints;
  }
  state.settings = own && !source.config ? RunSettings::read(own->config, path.string(), {}) : settings_of(source);
  state.outline = state.settings.recipe->make_outline(state.settings.run);
  const NamedTensors all = file.all();
  const NamedTensors model = own_model(state, without_group(all, kOptimizerGroup), source);
  take_tensors(state, model, group_of(all, kOptimizerGroup), path);
  return state;
}

PortableState state_of_published(const PortableSource& source, const fs::path& path) {
  PortableState state{.settings = settings_of(source)};
  const PickleValue checkpoint = read_torch_file(path);
  const RecipeConfig& recipe = *state.settings.recipe;
  state.outline = recipe.make_outline(state.settings.run);
  const NamedTensors optimizer = recipe.optimizer_state(checkpoint, state.outline->players());
  take_tensors(state, own_model(state, flatten_tensors(checkpoint), source), optimizer, path);
  state.completed = recipe.published_iterations(checkpoint);
  return state;
}

}  // namespace

PortableState read_portable_state(const PortableSource& source) {
  if (const auto checkpoint = checkpoint_at(source)) {
    if (source.config)
      throw ConfigError(fmt::format("--config: {} has its own configuration; leave it out", source.path.string()));
    return state_of_checkpoint(*checkpoint);
  }
  const fs::path path = weight_file_of(source.path);
  const bool is_safetensors = weights_format_of(path) == WeightsFormat::kSafetensors;
  PortableState state = is_safetensors ? state_of_safetensors(source, path) : state_of_published(source, path);
  if (state.completed < 0)
    throw CheckpointError(fmt::format("{}: {} finished iterations, which cannot be", path.string(), state.completed));
  if (const std::vector<std::string> absent = absent_networks(state); !absent.empty())
    spdlog::warn("{}: has nothing of {}", path.string(), fmt::join(absent, ", "));
  return state;
}

std::vector<std::string> absent_networks(const PortableState& state) {
  const std::set<std::string> found = networks_of(state.model);
  std::vector<std::string> absent;
  for (const std::string& network : networks_of(state.outline->state())) {
    if (!found.contains(network)) absent.push_back(network);
  }
  return absent;
}

NamedTensors whole_optimizer(const PortableState& state) {
  NamedTensors whole;
  for (const auto& [name, tensor] : optimizer_outline(state.outline->players())) {
    const at::Tensor* found = find_tensor(state.optimizer, name);
    whole.emplace_back(name, found != nullptr ? *found : at::zeros(tensor.sizes(), tensor.scalar_type()));
  }
  return whole;
}

std::string portable_metadata(const PortableState& state) {
  return Json{{"version", kPortableVersion},
              {"completed", state.completed},
              {"config", state.settings.text()},
              {"data_fingerprints", state.data_fingerprints},
              {"trainer", state.trainer}}
      .dump();
}

}  // namespace understudy
