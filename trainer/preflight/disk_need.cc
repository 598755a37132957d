#include "trainer/preflight/disk_need.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "trainer/preflight/bytes_text.h"

namespace understudy {
namespace {

/// Iterations after which the run saves because of their number: multiples of `every`, and the end.
std::int64_t regular_saves(const RunConfig& config) {
  const std::int64_t every = config.checkpoints.every;
  return config.max_iterations / every + (config.max_iterations % every == 0 ? 0 : 1);
}

std::int64_t marked_saves(const RunConfig& config) {
  const std::int64_t mark = config.checkpoints.keep_every;
  if (mark == 0) return 0;
  const std::int64_t step = std::lcm(mark, config.checkpoints.every);
  const bool end_is_marked = config.max_iterations % mark == 0 && config.max_iterations % step != 0;
  return config.max_iterations / step + (end_is_marked ? 1 : 0);
}

}  // namespace

void check_disk(const DiskNeed& need, const DiskSpace& space, Problems& problems) {
  if (need.bytes() <= space.present_bytes + space.free_bytes) return;
  problems.add_key(
      need.marked > need.newest ? "checkpoints.keep_every" : "checkpoints.keep_newest",
      fmt::format(
          "the run keeps up to {} checkpoints of {}, {} together, but the disk of {} has {} free{}; keep fewer "
          "or name a larger disk",
          need.checkpoints(),
          bytes_text(need.checkpoint_bytes),
          bytes_text(need.bytes()),
          space.place,
          bytes_text(space.free_bytes),
          space.present_bytes > 0 ? fmt::format(" beside {} of checkpoints", bytes_text(space.present_bytes)) : ""));
}

DiskNeed disk_need(const RunConfig& config, std::int64_t checkpoint_bytes, std::int64_t validated_phases) {
  const std::int64_t validations = validated_phases > 0 ? config.max_iterations / config.validation.every : 0;
  return {.checkpoint_bytes = checkpoint_bytes,
          .newest = std::min(config.checkpoints.keep_newest, regular_saves(config) + validations),
          .marked = marked_saves(config),
          .best = std::min(config.validation.keep_best * validated_phases, validations)};
}

}  // namespace understudy
