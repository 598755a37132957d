#include "trainer/evaluation/evaluation_json.h"

#include <nlohmann/json.hpp>

namespace understudy {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, kShown> kShownKeys{"network", "copied_source", "mean_picture"};

Json text_or_null(const std::filesystem::path& path) {
  return path.empty() ? Json(nullptr) : Json(path.string());
}

Json options_json(const EvaluationReport& report, const EvaluationOptions& options, const EvaluationOrigin& origin) {
  return {{"clips", options.clips},
          {"frames", options.frames},
          {"sources", report.sources},
          {"drivers", options.drivers},
          {"batch", options.batch},
          {"persons", options.persons},
          {"landmark_judge", text_or_null(options.landmark_judge)},
          {"identity_judge", text_or_null(options.identity_judge)},
          {"threads", origin.threads}};
}

Json self_json(const SelfReport& self, std::size_t measures) {
  Json json{{"pictures", self.pictures}};
  for (std::size_t s = 0; s < kShown; ++s) {
    for (std::size_t m = 0; m < measures; ++m)
      json[kShownKeys[s]][std::string(kMeasureTexts[m].key)] = self.scores[s][m];
  }
  return json;
}

Json swap_json(const SwapReport& swap) {
  return {{"pictures", swap.pictures},
          {"network", {{"psnr", swap.psnr}, {"angle_error", swap.angle_error}}},
          {"copied_source", {{"psnr", swap.psnr_copied}, {"angle_error", swap.angle_error_copied}}},
          {"true_picture", {{"angle_error", swap.angle_error_truth}}}};
}

Json identity_json(const IdentityReport& identity) {
  Json json{{"pictures", identity.pictures}};
  for (std::size_t s = 0; s < kShown; ++s) json[kShownKeys[s]] = {{"identity_error", identity.errors[s]}};
  return json;
}

void add_parts(Json& json, const PersonReport& report, std::size_t measures) {
  json["clips"] = report.clips;
  json["self"] = self_json(report.self, measures);
  if (report.swap) json["swap"] = swap_json(*report.swap);
  if (report.identity_error) json["identity"] = identity_json(*report.identity_error);
}

}  // namespace

std::string format_json(const EvaluationReport& report,
                        const EvaluationOptions& options,
                        const EvaluationOrigin& origin) {
  Json json{{"format", kEvaluationFormat},
            {"weights", origin.weights.string()},
            {"set", report.set},
            {"fingerprint", report.fingerprint},
            {"options", options_json(report, options, origin)},
            {"picture_size", report.picture_size},
            {"foreground", report.foreground},
            {"landmarks", report.landmarks},
            {"short_clips", report.short_clips}};
  json["totals"] = {{"persons", report.persons.size()}};
  add_parts(json["totals"], report.total, report.measures);
  json["persons"] = Json::array();
  for (const PersonReport& person : report.persons) {
    Json one{{"name", person.name}, {"row", person.identity}};
    add_parts(one, person, report.measures);
    json["persons"].push_back(std::move(one));
  }
  return json.dump(2) + "\n";
}

}  // namespace understudy
