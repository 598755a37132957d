#pragma once

#include <map>
#include <string>

namespace understudy {

/// Environment variables that decide how ranks compute and talk, by name.
using Environment = std::map<std::string, std::string>;

/// Sets what the bits of sums between GPUs and the end of a broken NCCL depend on, where the user has set nothing. The
/// first thing of a process: other threads may read the environment.
void pin_gpu_environment();

/// The variables of this process that a later start must know to repeat it: those of NCCL, c10d, CUDA, MPI's
/// parameters, OpenMP and MKL.
Environment relevant_environment();

}  // namespace understudy
