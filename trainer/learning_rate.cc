#include "trainer/learning_rate.h"

#include <cmath>

namespace understudy {

double learning_rate_at(const OptimizerConfig& config, Iteration iteration) {
  if (iteration < config.warmup_iterations) {
    return config.learning_rate * static_cast<double>(iteration) / static_cast<double>(config.warmup_iterations);
  }
  const double decayed =
      static_cast<double>(iteration - config.warmup_iterations) / static_cast<double>(config.decay_iterations);
  return config.learning_rate * std::pow(config.decay_factor, decayed);
}

}  // namespace understudy
