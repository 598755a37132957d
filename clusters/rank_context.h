#pragma once

#include <functional>

#include "clusters/communicator.h"
#include "clusters/heartbeat.h"

namespace understudy {

/// What a rank works with, from the program that started it.
struct RankContext {
  Communicator& ranks;
  Heartbeat& heartbeat;
  std::function<bool()> stop_requested;  ///< this rank's wish to save and leave; cheap, may be asked anywhere
};

}  // namespace understudy
