#include "trainer/gpu_driver.h"

#include <fstream>
#include <iterator>
#include <regex>

#include <dlfcn.h>
#include <fmt/format.h>

namespace understudy {
namespace {

/// A family of CUDA releases. Programs built with any release of it run on every driver from `driver` on (NVIDIA, CUDA
/// Compatibility, minor version compatibility).
struct CudaFamily {
  int major;
  int driver;         ///< first driver
  const char* torch;  ///< a torch built with it, where the pinned one is too new for the driver
};
constexpr CudaFamily kFamilies[] = {
    {13, 580, "torch 2.11 from PyPI"},
    {12, 525, "torch 2.11 of PyTorch's index cu126 or cu128, or 2.9 from PyPI"},
    {11, 450, "torch 2.7 of PyTorch's index cu118"},
};

const CudaFamily* family_of(int cuda) {
  for (const CudaFamily& family : kFamilies) {
    if (family.major == cuda / 1000) return &family;
  }
  return nullptr;
}

std::string name_of(int cuda) {
  return fmt::format("CUDA {}.{}", cuda / 1000, cuda % 1000 / 10);
}

/// "built with CUDA 13.0, which needs driver 580 or newer"
std::string need_of(int torch_cuda) {
  const CudaFamily* family = family_of(torch_cuda);
  const std::string need = family != nullptr ? fmt::format(", which needs driver {} or newer", family->driver) : "";
  return fmt::format("the torch in use was built with {}{}", name_of(torch_cuda), need);
}

std::string what_helps(int torch_cuda, int driver_cuda) {
  std::string remedies = "Update the driver";
  if (const CudaFamily* had = family_of(driver_cuda)) {
    remedies += fmt::format(
        ", or build with UNDERSTUDY_TORCH on {} (CUDA {}, driver {} or newer)", had->torch, had->major, had->driver);
  }
  return remedies + fmt::format(", or on data-centre GPUs use the package cuda-compat-{}-{}; see docs/sites.md",
                                torch_cuda / 1000,
                                torch_cuda % 1000 / 10);
}

/// Calls a function of CUDA that gives a version; its headers stay out of this project's CPU build.
std::optional<int> version_from(void* library, const char* function) {
  const auto ask = reinterpret_cast<int (*)(int*)>(::dlsym(library, function));
  int version = 0;
  if (ask == nullptr || ask(&version) != 0 || version <= 0) return std::nullopt;
  return version;
}

std::optional<int> cuda_of_driver() {
  void* library = ::dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return std::nullopt;
  const std::optional<int> version = version_from(library, "cuDriverGetVersion");
  ::dlclose(library);
  return version;
}

std::optional<std::string> driver_in_kernel() {
  std::ifstream file("/proc/driver/nvidia/version");
  return driver_version_in({std::istreambuf_iterator<char>(file), {}});
}

}  // namespace

GpuSoftware gpu_software() {
  // torch is linked with the CUDA runtime that it was built with, if any, so the process has it already.
  return {.torch_cuda = version_from(RTLD_DEFAULT, "cudaRuntimeGetVersion"),
          .driver = driver_in_kernel(),
          .driver_cuda = cuda_of_driver()};
}

std::optional<std::string> driver_version_in(const std::string& text) {
  // "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024"; the open kernel module
  // says "UNIX Open Kernel Module for x86_64".
  std::smatch match;
  if (!std::regex_search(text, match, std::regex(R"(Kernel Module\D*(?:x86_64|aarch64)?\s+(\d+(?:\.\d+)+))")))
    return {};
  return match[1].str();
}

std::string explain_driver(const GpuSoftware& software) {
  const bool found = software.driver || software.driver_cuda;
  const std::string driver =
      found ? fmt::format("NVIDIA {}", software.driver.value_or("of unknown version")) : "none found";
  if (!software.torch_cuda) return driver + "; the torch in use was built without CUDA and computes on CPUs";
  const std::string torch = need_of(*software.torch_cuda);
  if (!found) return fmt::format("{}; {}", driver, torch);
  if (!software.driver_cuda) {
    return fmt::format(
        "{}, but its library libcuda.so.1 is not to be found: in a container start with `apptainer exec --nv` or "
        "`docker run --gpus all`, else the driver is installed in part only; {}",
        driver,
        torch);
  }
  const std::string here = fmt::format("{}, up to {}", driver, name_of(*software.driver_cuda));
  if (*software.driver_cuda / 1000 >= *software.torch_cuda / 1000) return fmt::format("{}; fits: {}", here, torch);
  return fmt::format("{}; too old: {}. {}", here, torch, what_helps(*software.torch_cuda, *software.driver_cuda));
}

}  // namespace understudy
