#pragma once

#include <cstdint>
#include <string>

namespace understudy {

/// Version of the torch library in use.
std::string torch_version();
/// Instruction set that torch's CPU kernels use here ("AVX2", "AVX512").
std::string torch_cpu_capability();
/// GPUs that torch sees, or why there is none.
std::string gpu_summary();

/// Whether the torch in use was built with CUDA, be there a GPU here or not.
bool torch_has_cuda();

/// Memory that processes here can have: of the machine, or of the control group that this process is in, if less.
std::int64_t memory_of_machine();

/// Sets the intra-operator threads of this process; their number is part of the bits of a run.
void set_intra_operator_threads(int threads);

/// Has GPUs of this process add in one order, so that the same step gives the same bits again. An operator that has no
/// such form then throws c10::Error instead of running. cuBLAS also needs CUBLAS_WORKSPACE_CONFIG in the environment.
void use_deterministic_kernels();

}  // namespace understudy
