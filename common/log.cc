#include "common/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>

namespace understudy {

void set_up_log(int rank, int world_size) {
  auto logger = std::make_shared<spdlog::logger>("understudy", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern(fmt::format("%Y-%m-%d %H:%M:%S %^%l%$ rank {}/{} %v", rank, world_size));
  logger->set_level(rank == 0 ? spdlog::level::info : spdlog::level::warn);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace understudy
