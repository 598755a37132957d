#include "trainer/faults/fault_report.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "checkpoints/safetensors.h"
#include "common/errors.h"
#include "common/log.h"

namespace understudy {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

EpisodeNote note_of(const EpisodeSource& source, const Episode& episode) {
  const DataSet& set = source.set_of(episode);
  EpisodeNote note{.sample = episode.sample,
                   .set = set.folder().string(),
                   .identity = set.identities()[episode.identity].name,
                   .clip = set.clips()[episode.clip].name,
                   .frames = {}};
  for (const FrameRef& frame : episode.frames) note.frames.push_back(frame.frame);
  return note;
}

fs::path write_failed_batch(const FaultScene& scene, const MicroBatch& batch) {
  const fs::path name =
      fs::path("failed") / fmt::format("iteration-{:09d}-micro-batch-{}.safetensors", batch.iteration, batch.index);
  make_folders(scene.files, scene.run / "failed");
  const NamedTensors tensors = scene.recipe.batch_tensors(batch);
  write_safetensors(
      scene.run / name,
      tensors,
      {{"format", "understudy.batch.v1"}, {"system", scene.system}, {"sha256", sha256_of_tensors(tensors)}},
      scene.files);
  return scene.run / name;
}

/// A file that cannot be written must not hide the fault: then there is none.
/// @returns  the file
std::string keep_failed_batch(const FaultScene& scene, const MicroBatch& batch) {
  try {
    return write_failed_batch(scene, batch).string();
  } catch (const FileError& error) {
    spdlog::warn("a micro-batch is not kept for replay: {}", error.what());
    return "";
  }
}

Fault fault_of(const Finding& finding, int rank, const FaultScene& scene) {
  Fault fault{.rank = rank, .what = finding.text, .micro_batch = {}, .batch = {}, .episodes = {}};
  if (!finding.micro_batch) return fault;
  fault.micro_batch = finding.micro_batch->index;
  fault.batch = keep_failed_batch(scene, *finding.micro_batch);
  for (const Episode& episode : finding.micro_batch->episodes) fault.episodes.push_back(note_of(scene.source, episode));
  return fault;
}

Json to_json(const Fault& fault) {
  Json json = {{"rank", fault.rank}, {"what", fault.what}};
  if (!fault.micro_batch) return json;
  json["micro_batch"] = *fault.micro_batch;
  json["batch"] = fault.batch;
  for (const EpisodeNote& note : fault.episodes) {
    json["episodes"].push_back({{"sample", note.sample},
                                {"set", note.set},
                                {"identity", note.identity},
                                {"clip", note.clip},
                                {"frames", note.frames}});
  }
  return json;
}

Fault fault_from(const Json& json) {
  Fault fault{.rank = json.at("rank"), .what = json.at("what"), .micro_batch = {}, .batch = {}, .episodes = {}};
  if (!json.contains("micro_batch")) return fault;
  fault.micro_batch = json.at("micro_batch").get<std::int64_t>();
  fault.batch = json.at("batch");
  for (const Json& note : json.value("episodes", Json::array()))
    fault.episodes.push_back({.sample = note.at("sample"),
                              .set = note.at("set"),
                              .identity = note.at("identity"),
                              .clip = note.at("clip"),
                              .frames = note.at("frames")});
  return fault;
}

std::string text_of(const Fault& fault, Iteration iteration) {
  std::vector<std::string> episodes;
  for (const EpisodeNote& note : fault.episodes) {
    episodes.push_back(fmt::format(
        "sample {}: {}, clip {}, frames {}", note.sample, note.set, note.clip, fmt::join(note.frames, " ")));
  }
  return fmt::format("rank {}: {} at iteration {}, micro-batch {} ({}){}",
                     fault.rank,
                     fault.what,
                     iteration,
                     *fault.micro_batch,
                     fmt::join(episodes, "; "),
                     fault.batch.empty() ? "" : "; replay it from " + fault.batch);
}

std::string ranks_text(const std::vector<int>& ranks, int world_size) {
  if (ranks.size() > 1 && std::ssize(ranks) == world_size) return fmt::format("all {} ranks", world_size);
  return fmt::format("rank{} {}", ranks.size() == 1 ? "" : "s", fmt::join(ranks, ", "));
}

}  // namespace

bool FaultReport::of_episodes_alone() const {
  return std::all_of(faults.begin(), faults.end(), [](const Fault& fault) { return fault.micro_batch.has_value(); });
}

std::vector<std::int64_t> FaultReport::samples() const {
  std::vector<std::int64_t> samples;
  for (const Fault& fault : faults) {
    for (const EpisodeNote& note : fault.episodes) samples.push_back(static_cast<std::int64_t>(note.sample));
  }
  std::sort(samples.begin(), samples.end());
  return samples;
}

std::string FaultReport::text(int world_size) const {
  std::vector<std::string> lines;
  std::map<std::string, std::vector<int>> ranks_of;  // what they found in their replicas
  for (const Fault& fault : faults) {
    if (fault.micro_batch) {
      lines.push_back(text_of(fault, iteration));
    } else {
      ranks_of[fault.what].push_back(fault.rank);
    }
  }
  for (const auto& [what, ranks] : ranks_of)
    lines.push_back(fmt::format("{}: {} at iteration {}", ranks_text(ranks, world_size), what, iteration));
  return fmt::format("{}", fmt::join(lines, "\n"));
}

Json to_json(const FaultReport& report) {
  Json faults = Json::array();
  for (const Fault& fault : report.faults) faults.push_back(to_json(fault));
  return {{"iteration", report.iteration}, {"faults", faults}};
}

FaultReport fault_report_from(const Json& json) {
  FaultReport report{.iteration = json.at("iteration"), .faults = {}};
  for (const Json& fault : json.at("faults")) report.faults.push_back(fault_from(fault));
  return report;
}

FaultReport share_faults(const std::vector<Finding>& findings,
                         Iteration iteration,
                         const FaultScene& scene,
                         Communicator& ranks) {
  FaultReport own{.iteration = iteration, .faults = {}};
  for (const Finding& finding : findings) own.faults.push_back(fault_of(finding, ranks.rank(), scene));
  FaultReport all{.iteration = iteration, .faults = {}};
  for (const std::string& text : ranks.all_gather(to_json(own).dump(), "share what was found")) {
    const FaultReport report = fault_report_from(Json::parse(text));
    all.faults.insert(all.faults.end(), report.faults.begin(), report.faults.end());
  }
  return all;
}

}  // namespace understudy
