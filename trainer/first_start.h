#pragma once

#include <c10/core/Device.h>

#include "clusters/communicator.h"
#include "trainer/run_config.h"

namespace understudy {

/// Fills in what a configuration leaves open and another one decides: threads, device, order of sums. They are part of
/// the run's bits, so a resume keeps those of its first start; a converted checkpoint takes those of its first resume.
void fill_in_decisions(RunConfig& config, const RunConfig& other);

/// The order of sums where the configuration leaves it open.
void decide_reduction(RunConfig& config, bool on_gpus);

/// Decides what is open still by what this job has, and sets it up: threads, the rank's device, the order of sums.
/// Collective; the same on all ranks. @returns  this rank's device
/// @throws ConfigError  as take_device
c10::Device decide_for_this_job(RunConfig& config, Communicator& ranks);

}  // namespace understudy
