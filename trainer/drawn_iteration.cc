#include "trainer/drawn_iteration.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/errors.h"
#include "data_pipeline/picture_grid.h"
#include "trainer/batch_loader.h"

namespace understudy {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownOfAList = 8;

std::uint64_t sample_number(const RunConfig& run, Iteration iteration, std::int64_t slot) {
  return static_cast<std::uint64_t>(iteration * run.batch.global_batch + slot);
}

Json describe_sample(const Recipe& recipe, const DataSet& set, const EpisodeFrames& frames, const SampleUse& use) {
  const Episode& episode = frames.episode();
  Json numbers = Json::array();
  for (const FrameRef& frame : episode.frames) numbers.push_back(frame.frame);
  return {{"sample", episode.sample},
          {"set", set.folder().string()},
          {"identity", set.identities()[episode.identity].name},
          {"clip", set.clips()[episode.clip].name},
          {"frames", numbers},
          {"replaced_frames", frames.replaced()},
          {"draws", recipe.describe_draws(frames, use)}};
}

/// Reads and decodes as training does, so that damaged frames are replaced alike.
Json read_and_describe(const Recipe& recipe,
                       const EpisodeReader& reader,
                       const DataSet& set,
                       const Episode& episode,
                       const SampleUse& use) {
  EpisodeFrames frames;
  ReadCounts counts;
  reader.read(set, episode, frames, counts);
  return reader.decoding(frames, counts, [&](const EpisodeFrames& intact) {
    for (std::size_t i = 0; i < intact.count(); ++i) intact.decode(i);
    return describe_sample(recipe, set, intact, use);
  });
}

std::string text_of(const Json& value) {
  if (value.is_null()) return "none";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return fmt::format("{:.4f}", value.get<double>());
  if (!value.is_structured()) return value.dump();
  std::vector<std::string> parts;
  for (const auto& [key, item] : value.items()) {
    if (value.is_array() && parts.size() == kShownOfAList) {
      parts.push_back(fmt::format("... ({} in all)", value.size()));
      break;
    }
    parts.push_back(value.is_array() ? text_of(item) : fmt::format("{} {}", key, text_of(item)));
  }
  return fmt::format("{}", fmt::join(parts, value.is_array() ? " " : "  "));
}

std::string frames_text(const Json& frames) {
  std::string text;
  for (std::size_t i = 0; i < frames.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : i + 1 == frames.size() ? " -> " : " ", frames[i].get<std::uint32_t>());
  return text;
}

std::string sample_text(const Json& sample) {
  std::string text = fmt::format("slot {:3}  micro-batch {}  sample {}  {}  {}  {}  frames {}\n",
                                 sample["slot"].get<std::int64_t>(),
                                 sample["micro_batch"].get<std::int64_t>(),
                                 sample["sample"].get<std::uint64_t>(),
                                 sample["set"].get<std::string>(),
                                 sample["identity"].get<std::string>(),
                                 sample["clip"].get<std::string>(),
                                 frames_text(sample["frames"]));
  const auto replaced = sample["replaced_frames"].get<std::size_t>();
  if (replaced > 0) text += fmt::format("          {} of its frames stand in for damaged ones\n", replaced);
  std::size_t width = 0;
  for (const auto& [name, draw] : sample["draws"].items()) width = std::max(width, name.size());
  for (const auto& [name, draw] : sample["draws"].items())
    text += fmt::format("          {:<{}}  {}\n", name, width, text_of(draw));
  return text;
}

}  // namespace

Json drawn_iteration(const Recipe& recipe, const EpisodeSource& source, const RunConfig& run, Iteration iteration) {
  const EpisodeReader reader(recipe.episode(), loader_options(run).reading);
  Json samples = Json::array();
  for (std::int64_t slot = 0; slot < run.batch.global_batch; ++slot) {
    const Episode episode = source.episode(sample_number(run, iteration, slot));
    Json sample = {{"slot", slot}, {"micro_batch", slot / run.batch.micro_batch}};
    sample.update(
        read_and_describe(recipe, reader, source.set_of(episode), episode, {.training = true, .iteration = iteration}));
    samples.push_back(std::move(sample));
  }
  return {{"recipe", run.recipe},
          {"iteration", iteration},
          {"phase", recipe.phase(iteration)},
          {"seed", run.seed},
          {"global_batch", run.batch.global_batch},
          {"micro_batch", run.batch.micro_batch},
          {"samples", samples}};
}

std::string drawn_iteration_text(const Json& drawn) {
  std::string text = fmt::format("recipe {}, iteration {}, phase {}, seed {}: {} samples in micro-batches of {}\n",
                                 drawn["recipe"].get<std::string>(),
                                 drawn["iteration"].get<std::int64_t>(),
                                 drawn["phase"].get<std::string>(),
                                 drawn["seed"].get<std::int64_t>(),
                                 drawn["global_batch"].get<std::int64_t>(),
                                 drawn["micro_batch"].get<std::int64_t>());
  for (const Json& sample : drawn["samples"]) text += sample_text(sample);
  return text;
}

Picture drawn_iteration_sheet(const Recipe& recipe,
                              const EpisodeSource& source,
                              const RunConfig& run,
                              Iteration iteration) {
  std::vector<Picture> pictures;
  for (std::int64_t slot = 0; slot < run.batch.global_batch; ++slot) {
    const Episode episode = source.episode(sample_number(run, iteration, slot));
    const BatchPlan plan{.episodes = {episode}, .index = slot, .use = {.training = true, .iteration = iteration}};
    const MicroBatch sample = make_micro_batch(recipe, source.set_of(episode), plan, loader_options(run).reading);
    for (Picture& picture : recipe.input_pictures(sample)) pictures.push_back(std::move(picture));
  }
  if (pictures.empty()) throw DataError(fmt::format("recipe {} has no pictures to show", run.recipe));
  const auto columns = static_cast<int>(std::ssize(pictures) / run.batch.global_batch);
  return picture_grid(pictures, columns, 2);
}

}  // namespace understudy
