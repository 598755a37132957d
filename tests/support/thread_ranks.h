#pragma once

#include <functional>

#include "clusters/communicator.h"

namespace understudy {

/// Runs `program` on `world_size` ranks, each a thread of this process, and waits for all. Ranks talk through memory.
/// The first exception of any rank is thrown again here, after the others were told that their peer is gone.
void run_on_thread_ranks(int world_size, const std::function<void(Communicator&)>& program);

}  // namespace understudy
