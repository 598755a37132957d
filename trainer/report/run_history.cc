#include "trainer/report/run_history.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "checkpoints/store.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "trainer/watching/event_file.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

void require_run(const fs::path& directory) {
  if (!fs::is_directory(directory))
    throw ConfigError(fmt::format("{}: there is no such run directory", directory.string()));
  if (fs::exists(directory / "run.toml")) return;
  throw ConfigError(fmt::format(
      "{}: holds no run: there is no run.toml in it; name the folder that `understudy train` was given as --run",
      directory.string()));
}

/// Discarded where there is no such file or it is no JSON.
Json read_json(const fs::path& path) {
  if (!fs::is_regular_file(path)) return Json(Json::value_t::discarded);
  return Json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
}

/// What `take` makes of a JSON object; nothing where the file is missing or has another form.
template <class Take>
auto taken_from(const Json& json, const Take& take) -> std::optional<decltype(take(json))> {
  if (!json.is_object()) return std::nullopt;
  try {
    return take(json);
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

/// Of "2026-11-22T12:08:02Z".
double time_of(const std::string& text) {
  std::tm parts{};
  return ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts) == nullptr ? 0.0
                                                                           : static_cast<double>(::timegm(&parts));
}

std::vector<SeenEnd> read_ends(const fs::path& path) {
  std::vector<SeenEnd> ends;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || json.value("event", "") != "end") continue;
    const auto end = taken_from(json, [](const Json& found) {
      return SeenEnd{time_of(found.at("time")), found.at("end"), found.value("message", ""), found.value("node", "")};
    });
    if (end) ends.push_back(*end);
  }
  return ends;
}

std::optional<RunMachines> read_machines(const fs::path& path) {
  return taken_from(read_json(path), [](const Json& json) {
    RunMachines machines{.understudy = json.at("understudy"),
                         .torch = json.at("torch"),
                         .device = json.at("device"),
                         .nodes = json.at("nodes").get<std::vector<std::string>>()};
    for (const auto& [name, value] : json.at("variables").items()) machines.variables.emplace_back(name, value);
    return machines;
  });
}

SavedState saved_state(const Json& trainer) {
  const Json& stopping = trainer.at("stopping");
  SavedState state;
  state.completed = trainer.at("completed");
  state.finished = trainer.at("finished");
  state.phase = stopping.at("phase");
  if (!stopping.at("reference").is_null()) state.reference = stopping.at("reference").get<double>();
  state.without_improvement = stopping.at("without_improvement");
  for (const auto& [phase, best] : stopping.at("best").items()) {
    if (!best.empty()) state.best[phase] = {best.front().at("iteration"), best.front().at("value")};
  }
  return state;
}

/// Of the newest checkpoint that can be read; its bytes are not compared with their hashes.
std::optional<SavedState> read_saved(const fs::path& run) {
  const CheckpointStore store(run);
  std::vector<std::int64_t> iterations = store.list();
  for (auto iteration = iterations.rbegin(); iteration != iterations.rend(); ++iteration) {
    try {
      const fs::path folder = store.folder_of(*iteration);
      const Manifest manifest = read_manifest(folder);
      auto state = taken_from(read_json(folder / kTrainerPart), saved_state);
      if (!state) continue;
      state->data_fingerprints = manifest.data_fingerprints;
      return state;
    } catch (const Error&) {
      continue;  // damaged, or removed meanwhile; the list of checkpoints says so
    }
  }
  return std::nullopt;
}

std::vector<CheckpointRow> read_checkpoints(const fs::path& run) {
  try {
    return list_checkpoints(run, /*whole=*/false);
  } catch (const CheckpointError&) {
    return {};  // there is none yet
  }
}

std::vector<SampleFile> list_samples(const fs::path& folder) {
  std::vector<SampleFile> samples;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().stem().string();
    Iteration completed = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), completed);
    if (entry.path().extension() == ".png" && error == std::errc() && end == name.data() + name.size())
      samples.push_back({completed, entry.path()});
  }
  std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.completed < b.completed; });
  return samples;
}

RunExport export_of(const fs::path& card, const Json& json) {
  RunExport found{.folder = card.parent_path(),
                  .summary = json.at("summary").get<std::string>(),
                  .iteration = json.at("iteration").get<Iteration>(),
                  .files = {}};
  for (const Json& file : json.at("files"))
    found.files.push_back({file.at("name"), file.at("what"), file.at("bytes"), file.at("sha256")});
  return found;
}

std::vector<RunExport> list_exports(const fs::path& folder) {
  std::vector<RunExport> exports;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(folder, ignored)) {
    if (entry.path().filename() != "model_card.json") continue;
    const auto found =
        taken_from(read_json(entry.path()), [&](const Json& json) { return export_of(entry.path(), json); });
    if (found) exports.push_back(*found);
  }
  std::sort(exports.begin(), exports.end(), [](const auto& a, const auto& b) { return a.folder < b.folder; });
  return exports;
}

std::vector<std::string> list_evidence(const fs::path& run) {
  std::vector<std::string> files;
  std::error_code ignored;
  for (const char* folder : {"failed", "failures"}) {
    for (const auto& entry : fs::directory_iterator(run / folder, ignored))
      files.push_back((fs::path(folder) / entry.path().filename()).string());
  }
  if (fs::exists(run / "failure.json")) files.emplace_back("failure.json");
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

RunHistory read_run_history(const fs::path& directory) {
  require_run(directory);
  RunHistory history{.directory = directory,
                     .read_at = wall_clock(),
                     .config = read_file(directory / "run.toml"),
                     .settings = std::nullopt,
                     .timing = read_timing(directory / "timing.jsonl"),
                     .metrics = read_metrics(directory / "metrics.jsonl"),
                     .ends = read_ends(directory / "history.jsonl"),
                     .machines = read_machines(directory / "environment.json"),
                     .checkpoints = read_checkpoints(directory),
                     .saved = read_saved(directory),
                     .samples = list_samples(directory / "samples"),
                     .exports = list_exports(directory / "export"),
                     .evidence = list_evidence(directory)};
  try {
    history.settings = RunSettings::read(history.config, (directory / "run.toml").string(), {});
  } catch (const ConfigError& error) {
    history.config_problem = error.what();
  }
  return history;
}

}  // namespace understudy
