#pragma once

namespace understudy {

/// Lets this process and those that it starts open more files than the usual 1,024: a set has two or more for each
/// shard and all stay open. Raises the soft limit to the hard one, but not above 65,536, because MPI's launcher closes
/// every possible descriptor one by one. Where the system does not allow it, the limit stays.
void raise_descriptor_limit();

}  // namespace understudy
