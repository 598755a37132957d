#pragma once

#include <optional>
#include <string>

namespace understudy {

/// What decides whether torch can use the GPUs of a machine, as far as it could be read. CUDA versions are written as
/// CUDA writes them: 13000 is 13.0, 12080 is 12.8.
struct GpuSoftware {
  std::optional<int> torch_cuda;      ///< CUDA that torch was built with; none: torch without CUDA
  std::optional<std::string> driver;  ///< NVIDIA's driver in the kernel, such as "535.183.01"
  std::optional<int> driver_cuda;     ///< newest CUDA of the driver's library, libcuda.so.1, here
};

/// Reads this machine and the torch in use. Needs no GPU and starts none.
GpuSoftware gpu_software();

/// The version in the text of /proc/driver/nvidia/version; none when there is none in it.
std::optional<std::string> driver_version_in(const std::string& text);

/// One line: whether driver and torch fit, with both versions, and what to do where they do not.
std::string explain_driver(const GpuSoftware& software);

}  // namespace understudy
