#pragma once

#include "trainer/recipe.h"

namespace understudy {

/// Puts the tensors of a micro-batch where a copy to `device` can overlap with computing: into pinned memory when it is
/// a GPU; for a CPU they stay as they are. For the threads that prepare batches.
MicroBatch staged_for(at::Device device, MicroBatch batch);

/// The micro-batch with its tensors on `device`. On a GPU the copy runs behind the work that is queued there already.
MicroBatch moved_to(at::Device device, MicroBatch batch);

}  // namespace understudy
