#include "clusters/gpu_environment.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace understudy {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 7> kPinned{{
    // The order of a sum follows from the algorithm, the protocol and the number of channels, which NCCL would choose
    // anew at every start.
    {"NCCL_ALGO", "Ring"},
    {"NCCL_PROTO", "Simple"},
    {"NCCL_MIN_NCHANNELS", "8"},
    {"NCCL_MAX_NCHANNELS", "8"},
    {"NCCL_DEBUG", "WARN"},
    // An error ends the process at once, and the supervisor starts the run again.
    {"TORCH_NCCL_ASYNC_ERROR_HANDLING", "3"},
    // cuBLAS repeats its bits only with workspaces of a fixed size.
    {"CUBLAS_WORKSPACE_CONFIG", ":4096:8"},
}};

/// How names begin. Of MPI's parameters those of the transports: mpirun sets many others for itself.
constexpr std::array<std::string_view, 15> kRelevant{"NCCL_",
                                                     "TORCH_NCCL_",
                                                     "TORCH_CUDNN_",
                                                     "CUDA_",
                                                     "CUBLAS_",
                                                     "NVIDIA_TF32_OVERRIDE",
                                                     "PYTORCH_",
                                                     "OMPI_MCA_btl",
                                                     "OMPI_MCA_pml",
                                                     "OMPI_MCA_mtl",
                                                     "OMPI_MCA_coll",
                                                     "UCX_",
                                                     "FI_",
                                                     "OMP_",
                                                     "MKL_"};

}  // namespace

void pin_gpu_environment() {
  constexpr int kKeepTheUsers = 0;
  for (const auto& [name, value] : kPinned) ::setenv(name, value, kKeepTheUsers);
}

Environment relevant_environment() {
  Environment found;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t end = text.find('=');
    const std::string_view name = text.substr(0, end);
    const bool relevant = std::any_of(
        kRelevant.begin(), kRelevant.end(), [&](std::string_view start) { return name.starts_with(start); });
    if (relevant && end != std::string_view::npos) found.emplace(name, text.substr(end + 1));
  }
  return found;
}

}  // namespace understudy
