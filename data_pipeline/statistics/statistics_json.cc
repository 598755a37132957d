#include "data_pipeline/statistics/statistics_json.h"

#include <nlohmann/json.hpp>

namespace understudy {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Distribution& distribution) {
  const Tally& values = distribution.values;
  Json json{{"title", distribution.title},
            {"unit", distribution.unit},
            {"counted", distribution.counted},
            {"count", values.count()}};
  if (values.empty()) return json;
  json["min"] = values.min();
  json["max"] = values.max();
  json["mean"] = values.mean();
  for (const std::uint32_t percent : {1U, 5U, 25U, 50U, 75U, 95U, 99U}) {
    json["percentiles"][std::to_string(percent)] = values.percentile(percent);
  }
  const Histogram bins = histogram(values, kPlotBins);
  json["histogram"] = Json{{"first_edge", bins.first}, {"bin_width", bins.width}, {"counts", bins.counts}};
  return json;
}

Json to_json(const Coverage& coverage) {
  Json json{{"frames", coverage.annotated}, {"worst_clips", Json::array()}};
  for (const ClipCoverage& clip : coverage.worst) {
    json["worst_clips"].push_back({{"clip", clip.clip}, {"usable", clip.usable}, {"annotated", clip.annotated}});
  }
  return json;
}

}  // namespace

std::string statistics_json(const SetStatistics& statistics) {
  Json json{{"source", statistics.source},
            {"fingerprint", statistics.fingerprint},
            {"identities", statistics.identities},
            {"videos", statistics.videos},
            {"clips", statistics.clips},
            {"frames", statistics.frames},
            {"usable_frames", statistics.usable}};
  if (statistics.landmarks) json["landmarks"] = to_json(*statistics.landmarks);
  if (statistics.masks) json["masks"] = to_json(*statistics.masks);
  for (const Distribution& distribution : statistics.distributions) {
    json["distributions"][distribution.key] = to_json(distribution);
  }
  return json.dump(2) + "\n";
}

}  // namespace understudy
