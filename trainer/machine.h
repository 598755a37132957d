#pragma once

#include <string>

namespace understudy {

/// Version of the torch library in use.
std::string torch_version();
/// Instruction set that torch's CPU kernels use here ("AVX2", "AVX512").
std::string torch_cpu_capability();
/// GPUs that torch sees, or why there is none.
std::string gpu_summary();

/// Sets the intra-operator threads of this process; their number is part of the bits of a run.
void set_intra_operator_threads(int threads);

}  // namespace understudy
