#pragma once

#include "clusters/communicator.h"

namespace understudy {

/// The ranks that mpirun started this test program on.
Communicator& test_ranks();

}  // namespace understudy
