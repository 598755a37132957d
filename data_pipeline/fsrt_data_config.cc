#include "data_pipeline/fsrt_data_config.h"

#include <cmath>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "common/config.h"
#include "common/problems.h"

namespace understudy {
namespace {

void check_count(std::string_view key, std::int64_t count, std::int64_t picture_size, Problems& problems) {
  if (count <= picture_size * picture_size) return;
  problems.add_key(key,
                   fmt::format("{} queries, but a picture of {} x {} has {} pixels",
                               count,
                               picture_size,
                               picture_size,
                               picture_size * picture_size));
}

bool makes_grid(std::int64_t count, std::int64_t picture_size) {
  const auto side = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(count))));
  return side * side == count && picture_size % side == 0;
}

}  // namespace

void describe_keys(ConfigVisitor& visitor, FsrtDataConfig& config) {
  constexpr KeyKind kMethod = KeyKind::kMethod;
  constexpr std::int64_t kMostPixels = std::numeric_limits<std::int32_t>::max();
  visitor.flag({"out_of_frame_motion", kMethod, "crop half of the samples so that heads leave the frame"},
               config.out_of_frame_motion);
  visitor.integer({"query_pixels", kMethod, "pixels that carry gradient in Phases II and III"},
                  config.query_pixels,
                  1,
                  kMostPixels);
  visitor.integer({"query_pixels_phase1", kMethod, "pixels that are rendered in Phase I"},
                  config.query_pixels_phase1,
                  1,
                  kMostPixels);
  visitor.flag({"image_subsampling", kMethod, "query_pixels form a grid with a drawn offset; false: any pixels"},
               config.image_subsampling);
  visitor.flag({"horizontal_flip", kMethod, "mirror half of the training samples"}, config.horizontal_flip);
  visitor.real({"jitter_brightness", kMethod, "half-width of the brightness factor around 1; 0 leaves it out"},
               config.jitter_brightness,
               0.0,
               1.0);
  visitor.real({"jitter_contrast", kMethod, "half-width of the contrast factor around 1; 0 leaves it out"},
               config.jitter_contrast,
               0.0,
               1.0);
  visitor.real({"jitter_saturation", kMethod, "half-width of the saturation factor around 1; 0 leaves it out"},
               config.jitter_saturation,
               0.0,
               1.0);
  visitor.real({"jitter_hue", kMethod, "largest hue shift in turns of the colour circle; 0 leaves it out"},
               config.jitter_hue,
               0.0,
               0.5);
}

void describe(ConfigVisitor& visitor, FsrtDataConfig& config) {
  visitor.section("data", "How samples are augmented and which pixels are queried.");
  describe_keys(visitor, config);
}

void validate(const FsrtDataConfig& config, std::int64_t picture_size, Problems& problems) {
  check_count("data.query_pixels", config.query_pixels, picture_size, problems);
  check_count("data.query_pixels_phase1", config.query_pixels_phase1, picture_size, problems);
  if (config.image_subsampling && !makes_grid(config.query_pixels, picture_size)) {
    problems.add_key(
        "data.query_pixels",
        fmt::format("{} queries form no regular grid in a picture of side {}; take the square of a divisor "
                    "of {}, or set data.image_subsampling = false",
                    config.query_pixels,
                    picture_size,
                    picture_size));
  }
}

}  // namespace understudy
