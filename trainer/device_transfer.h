#pragma once

#include "trainer/recipe.h"
#include "trainer/run_config.h"

namespace understudy {

/// The sample with its pictures, float tensors of three or more dimensions, in the type that they wait in for the step.
Sample handed_over(Sample sample, HandOver type);

/// Puts the tensors of a micro-batch where a copy to `device` can overlap with computing: into pinned memory when it is
/// a GPU; for a CPU they stay as they are. For the threads that prepare batches.
MicroBatch staged_for(at::Device device, MicroBatch batch);

/// The micro-batch with its tensors on `device`, pictures as 32-bit floats again. On a GPU the copy runs behind the
/// work that is queued there already.
MicroBatch moved_to(at::Device device, MicroBatch batch);

}  // namespace understudy
