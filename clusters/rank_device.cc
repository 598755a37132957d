#include "clusters/rank_device.h"

#include <algorithm>
#include <map>

#include <ATen/Context.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "clusters/gpu.h"
#include "clusters/job_check.h"
#include "clusters/processor_binding.h"
#include "common/errors.h"
#include "common/log.h"

namespace understudy {
namespace {

int visible_gpus() {
  return at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
}

std::vector<GpuView> gather_views(Communicator& ranks, const GpuView& own) {
  const nlohmann::json json{own.rank, own.node, own.local_rank, own.local_size, own.visible, own.id};
  std::vector<GpuView> views;
  for (const std::string& text : ranks.all_gather(json.dump(), "compare the GPUs")) {
    const nlohmann::json view = nlohmann::json::parse(text);
    views.push_back({view[0], view[1], view[2], view[3], view[4], view[5]});
  }
  return views;
}

}  // namespace

std::optional<int> gpu_of(const GpuView& view) {
  if (view.visible >= view.local_size) return view.local_rank;
  return view.visible == 1 ? std::optional(0) : std::nullopt;
}

std::vector<std::string> gpu_problems(const std::vector<GpuView>& ranks) {
  std::vector<std::string> problems;
  std::map<std::string, int> owners;
  for (const GpuView& view : ranks) {
    if (view.id.empty()) {
      problems.push_back(fmt::format(
          "rank {} on {} sees {} GPUs, where {} ranks run; start at most as many ranks on a node as it has GPUs, and "
          "look at CUDA_VISIBLE_DEVICES, the driver (nvidia-smi) and what the job asked for",
          view.rank,
          view.node,
          view.visible,
          view.local_size));
      continue;
    }
    const auto [owner, first] = owners.emplace(view.id, view.rank);
    if (!first) {
      problems.push_back(fmt::format("ranks {} and {} on {} have the same GPU; start fewer ranks on this node",
                                     owner->second,
                                     view.rank,
                                     view.node));
    }
  }
  return problems;
}

c10::Device take_device(DeviceChoice choice, Communicator& ranks) {
  if (choice == DeviceChoice::kCpu) return c10::Device(c10::kCPU);
  if (choice == DeviceChoice::kGpu && !built_for_gpus())
    throw ConfigError(
        "cluster.device = \"cuda\": this program was built without CUDA; build it with the preset `cuda`");
  GpuView own{.rank = ranks.rank(),
              .node = facts_of_this_rank("", "").node,
              .local_rank = ranks.local_rank(),
              .local_size = ranks.local_size(),
              .visible = visible_gpus(),
              .id = ""};
  const std::optional<int> index = gpu_of(own);
  std::optional<GpuFacts> facts;
  if (own.visible > 0 && index) facts = facts_of_gpu(*index);
  if (facts) own.id = facts->id;
  const std::vector<GpuView> all = gather_views(ranks, own);
  const bool none = std::all_of(all.begin(), all.end(), [](const GpuView& view) { return view.visible == 0; });
  if (choice == DeviceChoice::kAuto && none) return c10::Device(c10::kCPU);
  const std::vector<std::string> problems = gpu_problems(all);
  if (!problems.empty()) {
    throw ConfigError(
        fmt::format("not every rank has a GPU of its own:\n  {}\nWith cluster.device = \"cpu\" the ranks "
                    "use processors",
                    fmt::join(problems, "\n  ")));
  }
  const c10::Device device(c10::kCUDA, static_cast<c10::DeviceIndex>(*index));
  c10::impl::VirtualGuardImpl(device.type()).setDevice(device);
  const std::string processors = bind_to_processors_near(facts->pci_address);
  spdlog::info("{} (cuda:{}), {:.0f} GiB{}",
               facts->name,
               *index,
               static_cast<double>(facts->memory_bytes) / (1 << 30),
               processors.empty() ? "" : ", processors " + processors);
  return device;
}

}  // namespace understudy
