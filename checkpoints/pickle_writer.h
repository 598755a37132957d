#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "checkpoints/pickle.h"

namespace understudy::pickle {

/// A pickle and the tensors whose data belongs beside it, in the order of their storage keys "0", "1", ….
struct WrittenPickle {
  std::string bytes;
  std::vector<at::Tensor> storages;
};

/// Protocol 2 with the few globals that torch.load(weights_only=True) admits, and argparse.Namespace where a value is
/// one. A tensor given twice shares its storage.
/// @throws CheckpointError  for an element type that no torch storage class has
WrittenPickle write_pickle(const PickleValue& value);

}  // namespace understudy::pickle
