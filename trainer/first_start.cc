#include "trainer/first_start.h"

#include <algorithm>
#include <thread>

#include "common/log.h"
#include "trainer/machine.h"

namespace understudy {
namespace {

void decide_threads(std::int64_t& threads, Communicator& ranks) {
  if (threads == 0) {
    threads =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(std::thread::hardware_concurrency()) / ranks.local_size());
    threads = ranks.all_reduce(threads, Reduction::kMin, "agree on the number of threads");
    spdlog::warn(
        "cluster.threads_per_rank = 0: {} from now on; the number is part of the run's bits and is kept in its "
        "configuration",
        threads);
  }
  set_intra_operator_threads(static_cast<int>(threads));
}

}  // namespace

void fill_in_decisions(RunConfig& config, const RunConfig& other) {
  if (config.threads_per_rank == 0) config.threads_per_rank = other.threads_per_rank;
  if (config.device == DeviceChoice::kAuto) config.device = other.device;
  if (config.reduction == GradientReduction::kAuto) config.reduction = other.reduction;
}

void decide_reduction(RunConfig& config, bool on_gpus) {
  if (config.reduction == GradientReduction::kAuto)
    config.reduction = on_gpus ? GradientReduction::kFast : GradientReduction::kOrdered;
}

c10::Device decide_for_this_job(RunConfig& config, Communicator& ranks) {
  decide_threads(config.threads_per_rank, ranks);
  const c10::Device device = take_device(config.device, ranks);
  config.device = device.is_cpu() ? DeviceChoice::kCpu : DeviceChoice::kGpu;
  decide_reduction(config, !device.is_cpu());
  return device;
}

}  // namespace understudy
