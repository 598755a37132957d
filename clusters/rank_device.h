#pragma once

#include <optional>
#include <string>
#include <vector>

#include <c10/core/Device.h>

#include "clusters/communicator.h"

namespace understudy {

/// What ranks compute on.
enum class DeviceChoice {
  kAuto,  ///< GPUs where every rank sees one, else processors
  kCpu,
  kGpu,
};

/// What a rank sees of its node's GPUs.
struct GpuView {
  int rank = 0;
  std::string node;
  int local_rank = 0;
  int local_size = 1;
  int visible = 0;  ///< GPUs that the process sees
  std::string id;   ///< of the one it takes; empty without any
};

/// Which of the GPUs it sees a rank takes: the one with its place among the ranks of the node; the only one where the
/// scheduler shows each rank its own. @returns  nothing when it sees too few
std::optional<int> gpu_of(const GpuView& view);

/// Everything that keeps the ranks from computing on GPUs, one line each: a rank without one, two ranks on one card.
std::vector<std::string> gpu_problems(const std::vector<GpuView>& ranks);

/// The device of this rank; the same type on all ranks. A GPU becomes the process's current one, and the process is
/// bound to the processors next to it, which threads started later inherit. Collective.
/// @throws ConfigError  when GPUs are asked for, or seen by some ranks only, and the ranks cannot all have one
c10::Device take_device(DeviceChoice choice, Communicator& ranks);

}  // namespace understudy
