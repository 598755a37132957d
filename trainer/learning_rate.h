#pragma once

#include "trainer/run_config.h"

namespace understudy {

/// Learning rate at an iteration counted from 0: peak * it / warmup during the warm-up, then
/// peak * decay_factor^((it - warmup) / decay_iterations). It has the form of published schedules that warm up.
double learning_rate_at(const OptimizerConfig& config, Iteration iteration);

}  // namespace understudy
