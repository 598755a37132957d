#include "trainer/gpu_driver.h"

#include <fstream>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Matcher;
using testing::Not;

TEST(GpuDriver, IsComparedWithTheCudaOfTorch) {
  const auto fits = HasSubstr("; fits: ");
  const auto too_old = HasSubstr("; too old: ");
  const struct {
    GpuSoftware software;
    Matcher<std::string> said;
  } table[] = {
      // torch with CUDA 13 needs 580
      {{13000, "580.65.06", 13000},
       AllOf(fits, HasSubstr("NVIDIA 580.65.06, up to CUDA 13.0"), HasSubstr("CUDA 13.0"))},
      {{13000, "610.10", 14000}, fits},
      {{13000, "575.51.03", 12090},
       AllOf(too_old,
             HasSubstr("NVIDIA 575.51.03, up to CUDA 12.9"),
             HasSubstr("built with CUDA 13.0, which needs driver 580 or newer"),
             HasSubstr("cu126 or cu128, or 2.9 from PyPI (CUDA 12, driver 525 or newer)"),
             HasSubstr("cuda-compat-13-0"))},
      {{13010, "535.183.01", 12020}, AllOf(too_old, HasSubstr("cuda-compat-13-1"))},
      {{13000, "470.256.02", 11040}, AllOf(too_old, HasSubstr("cu118 (CUDA 11, driver 450 or newer)"))},
      {{13000, "440.33.01", 10020}, AllOf(too_old, HasSubstr("Update the driver, or on data-centre GPUs"))},
      // the compatibility package brings a newer library than the driver has
      {{13000, "535.183.01", 13000}, fits},
      // within a family the release does not matter
      {{12080, "525.60.13", 12000}, fits},
      {{12080, "580.65.06", 13000}, fits},
      {{12040, "515.105.01", 11070}, AllOf(too_old, HasSubstr("needs driver 525 or newer"))},
      {{11080, "450.80.02", 11000}, fits},
      // a family of the future: nothing is known of its driver
      {{14000, "580.65.06", 13000}, AllOf(too_old, Not(HasSubstr("needs driver")), HasSubstr("torch 2.11 from PyPI"))},
      // what cannot be compared
      {{13000, std::nullopt, std::nullopt},
       Matcher<std::string>("none found; the torch in use was built with CUDA 13.0, which needs driver 580 or newer")},
      {{std::nullopt, "580.65.06", 13000}, HasSubstr("NVIDIA 580.65.06; the torch in use was built without CUDA")},
      {{13000, "580.65.06", std::nullopt}, AllOf(HasSubstr("libcuda.so.1 is not to be found"), HasSubstr("--nv"))},
      {{13000, std::nullopt, 12020}, AllOf(too_old, HasSubstr("NVIDIA of unknown version, up to CUDA 12.2"))},
  };
  for (const auto& row : table) EXPECT_THAT(explain_driver(row.software), row.said);
}

TEST(GpuDriver, IsReadFromWhatTheKernelSays) {
  EXPECT_EQ(
      driver_version_in("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n"
                        "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n"),
      "535.183.01");
  EXPECT_EQ(driver_version_in("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\n"),
            "580.65.06");
  EXPECT_EQ(driver_version_in("NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  570.86.15  Release Build\n"),
            "570.86.15");
  EXPECT_EQ(driver_version_in(""), std::nullopt);
  EXPECT_EQ(driver_version_in("GCC version:  gcc version 12.2.0\n"), std::nullopt);
}

/// N of the libcudart.so.N that this process has loaded; 0: none.
int loaded_cuda_runtime() {
  std::ifstream maps("/proc/self/maps");
  const std::regex name(R"(/libcudart[^/]*\.so\.(\d+))");
  std::smatch match;
  for (std::string line; std::getline(maps, line);) {
    if (std::regex_search(line, match, name)) return std::stoi(match[1]);
  }
  return 0;
}

TEST(GpuDriver, KnowsTheCudaThatTorchBrings) {
  EXPECT_EQ(gpu_software().torch_cuda.value_or(0) / 1000, loaded_cuda_runtime());
}

}  // namespace
}  // namespace understudy
