#include "trainer/exporting/model_card.h"

#include <fstream>

#include <nlohmann/json.hpp>

#include "common/version.h"

namespace understudy {
namespace {

using Json = nlohmann::ordered_json;

/// A configuration as nested JSON objects.
class JsonConfig final : public ConfigVisitor {
 public:
  void section(std::string_view name, std::string_view) override { section_ = &config_[std::string(name)]; }
  void flag(const KeyInfo& key, bool& value) override { set(key, value); }
  void integer(const KeyInfo& key, std::int64_t& value, std::int64_t, std::int64_t) override { set(key, value); }
  void real(const KeyInfo& key, double& value, double, double) override { set(key, value); }
  void text(const KeyInfo& key, std::string& value) override { set(key, value); }
  void texts(const KeyInfo& key, std::vector<std::string>& values) override { set(key, values); }
  void text_or_texts(const KeyInfo& key, std::vector<std::string>& values) override {
    set(key, values.size() > 1 ? Json(values) : Json(values.empty() ? "" : values.front()));
  }
  void reals(const KeyInfo& key, std::vector<double>& values, double, double) override { set(key, values); }
  void integers(const KeyInfo& key, std::vector<std::int64_t>& values, std::int64_t, std::int64_t) override {
    set(key, values);
  }
  const Json& config() const { return config_; }

 protected:
  void choose(const KeyInfo& key, std::size_t& index, const std::vector<std::string>& words) override {
    set(key, words[index]);
  }

 private:
  void set(const KeyInfo& key, const Json& value) { (*section_)[std::string(key.name)] = value; }
  Json config_ = Json::object();
  Json* section_ = nullptr;
};

/// The last validation at or before the checkpoint; null when there was none. A line that is no JSON is passed over,
/// because a run that still goes on may be writing one.
Json last_validation(const std::filesystem::path& metrics, std::int64_t completed) {
  Json last;
  std::ifstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("\"validation\"") == std::string::npos) continue;
    Json found = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (found.is_object() && found.value("completed", completed + 1) <= completed) last = std::move(found);
  }
  return last;
}

Json stopping_of(const std::string& trainer_state) {
  const Json state = Json::parse(trainer_state, nullptr, /*allow_exceptions=*/false);
  return state.is_object() ? state.value("stopping", Json::object()) : Json::object();
}

Json files_of(const ExportFolder& folder) {
  Json files = Json::array();
  for (const ExportedFile& file : folder.files()) {
    files.push_back({{"name", file.name}, {"what", file.what}, {"bytes", file.size}, {"sha256", file.sha256}});
  }
  return files;
}

}  // namespace

std::string write_model_card(const ModelCard& card) {
  JsonConfig config;
  card.settings.describing()(config);
  return Json{{"summary", card.summary},
              {"license", ""},
              {"license_note", "empty on purpose: to be filled in by whoever publishes these files"},
              {"recipe", card.settings.run.recipe},
              {"iteration", card.manifest.iteration},
              {"trained_with", "understudy " + card.manifest.code_version},
              {"exported_with", "understudy " + std::string(version())},
              {"data_fingerprints", card.manifest.data_fingerprints},
              {"validation",
               {{"metric", card.settings.run.validation.metric},
                {"last", last_validation(card.metrics, card.manifest.iteration)},
                {"best_by_phase", stopping_of(card.trainer_state).value("best", Json::object())}}},
              {"notes", card.folder.notes()},
              {"files", files_of(card.folder)},
              {"config", config.config()}}
             .dump(2) +
         "\n";
}

std::optional<double> best_validation(const std::string& trainer_state) {
  const Json stopping = stopping_of(trainer_state);
  const Json best = stopping.value("best", Json::object());
  const auto phase = best.find(stopping.value("phase", ""));
  if (phase == best.end() || phase->empty()) return std::nullopt;
  return phase->front().at("value").get<double>();
}

}  // namespace understudy
