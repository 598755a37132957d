#pragma once

#include <cstdint>
#include <filesystem>

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>

namespace understudy {

/// A TorchScript file that judges pictures. It is asked about one picture at a time and as it was written, without the
/// optimisations that torch takes up after some calls, so that an answer depends on nothing but the picture.
class Judge {
 public:
  /// @param what  "landmark judge", for messages. @throws CheckpointError  when the file is not there or no TorchScript
  Judge(const std::filesystem::path& file, const char* what);

 protected:
  /// @param picture  [3, n, n] in [0, 1], RGB. @return  the answer without its first dimension, on the CPU, in double
  /// @throws CheckpointError  when it fails, or gives anything but one tensor of finite numbers with `dims` dimensions
  at::Tensor answer(const at::Tensor& picture, std::int64_t dims, const char* wanted) const;
  /// @throws CheckpointError  naming the file
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  std::filesystem::path file_;
  const char* what_;
  mutable torch::jit::Module module_;
};

/// Finds landmarks: float32 [b, 3, n, n] to [b, k, 2], (x, y) in pixels of that picture.
class LandmarkJudge : public Judge {
 public:
  /// Tries the judge on a grey picture. @param size  n. @throws CheckpointError
  LandmarkJudge(const std::filesystem::path& file, std::int64_t size);
  /// k
  std::int64_t count() const { return count_; }
  /// @param picture  [3, n, n]. @return  [k, 2], double. @throws CheckpointError
  at::Tensor landmarks(const at::Tensor& picture) const;

 private:
  std::int64_t count_ = 0;
};

/// Describes who is shown: float32 [b, 3, n, n] to [b, d].
class IdentityJudge : public Judge {
 public:
  /// Tries the judge on a grey picture. @throws CheckpointError
  IdentityJudge(const std::filesystem::path& file, std::int64_t size);
  /// @param picture  [3, n, n]. @return  [d], double, of unit length. @throws CheckpointError
  at::Tensor descriptor(const at::Tensor& picture) const;

 private:
  std::int64_t size_ = 0;
};

}  // namespace understudy
