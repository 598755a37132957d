#include "trainer/recipes/draw_report.h"

#include <string>

#include <nlohmann/json.hpp>

namespace understudy {
namespace {

using Json = nlohmann::ordered_json;

std::string name_of(ColourOperation operation) {
  switch (operation) {
    case ColourOperation::kBrightness:
      return "brightness";
    case ColourOperation::kSaturation:
      return "saturation";
    case ColourOperation::kHue:
      return "hue";
    case ColourOperation::kContrast:
      return "contrast";
  }
  return "";
}

Json describe_margins(const CropMargins& margins) {
  return {{"left", margins.left}, {"right", margins.right}, {"top", margins.top}, {"bottom", margins.bottom}};
}

}  // namespace

Json describe_jitter(const ColourJitter& jitter) {
  Json order = Json::array();
  for (int i = 0; i < jitter.operations; ++i) order.push_back(name_of(jitter.order[static_cast<std::size_t>(i)]));
  return {{"brightness", jitter.brightness},
          {"contrast", jitter.contrast},
          {"saturation", jitter.saturation},
          {"hue", jitter.hue},
          {"order", order}};
}

Json describe_fsrt_draws(const FsrtDraws& draws) {
  Json json = {{"flip", draws.flip}};
  for (std::size_t version = 0; version < draws.jitter.size(); ++version)
    json["A" + std::to_string(version + 1)] = describe_jitter(draws.jitter[version]);
  json["out_of_frame_crop"] = draws.out_of_frame ? describe_margins(draws.out_of_frame_margins) : Json();
  json["face_crop"] = describe_margins(draws.face_crop_margins);
  json["query_pixels"] = draws.query_pixels;
  json["use_plain_expression"] = draws.use_plain_expression;
  return json;
}

}  // namespace understudy
