#pragma once

#include <thread>

#include "clusters/communicator.h"
#include "trainer/training_sets.h"

namespace understudy {

/// Starts the thread that copies the sets of a run into `data.cache` while it goes on, and lets them be read from
/// there. The ranks of a node begin at different shards, so that each copies its share first. Which file a frame is
/// read from changes no bit.
/// @returns  no thread where the configuration names no folder. @throws ConfigError  when the folder cannot be written
std::jthread copy_sets(const RunConfig& config, DataSets sets, const Communicator& ranks);

}  // namespace understudy
