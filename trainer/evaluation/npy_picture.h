#pragma once

#include <filesystem>

#include <ATen/core/Tensor.h>

namespace understudy {

/// Writes float32 numbers of any shape as NumPy reads them (.npy version 1.0), exactly. The folder is there.
/// @throws FileError
void write_npy_picture(const std::filesystem::path& path, const at::Tensor& picture);

}  // namespace understudy
