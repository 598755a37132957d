#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoints/named_tensors.h"
#include "checkpoints/pickle.h"

namespace understudy {

/// Settings of torch's Adam, as its state dict carries them.
struct AdamGroup {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.0;
  bool amsgrad = false;
  bool rectified = false;  ///< written for RAdam's own code, whose group has a cache in place of torch's switches
};

/// State of Adam by parameter name: "<name>.exp_avg", "<name>.exp_avg_sq", "<name>.step" (scalar float32). Torch itself
/// numbers the parameters; a parameter that had no step yet has no entries. A step of an integer type is written as a
/// plain int, as torch < 1.12 has it, which later versions take, too.
struct AdamState {
  NamedTensors tensors;
  AdamGroup group;
};

/// `state_dict()` of torch's Adam with one parameter group. @param parameters  names in the order of the optimiser
/// @throws CheckpointError  when a parameter has some of its entries only
PickleValue adam_state_dict(const AdamState& state, const std::vector<std::string>& parameters);

/// The reverse; also takes integer step counts, as torch < 1.12 wrote them.
/// @throws CheckpointError  when the number of parameters differs or the dict is not Adam's
AdamState adam_state_of(const PickleValue& state_dict,
                        const std::vector<std::string>& parameters,
                        std::string_view what);

/// A training checkpoint as PyTorch codes write it: one dict with a state dict a network, then anything else.
struct TorchCheckpoint {
  std::vector<std::pair<std::string, NamedTensors>> networks;
  std::vector<std::pair<std::string, PickleValue>> others;  ///< optimisers, counters
};

/// The top-level dict, networks first. @throws CheckpointError  for a name given twice
PickleValue torch_checkpoint(const TorchCheckpoint& checkpoint);

}  // namespace understudy
