#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include <ATen/core/Tensor.h>

namespace understudy {

/// One element type under the names that the two formats give it.
struct TensorType {
  at::ScalarType type;
  std::string_view safetensors;  ///< "F32"; empty when the format does not have it
  std::string_view storage;      ///< class in `torch` that a pickle names, "FloatStorage"; empty when there is none
  std::string_view dtype;        ///< "float32"
  int alignment_rank;            ///< place in safetensors' order of types; data lies in descending order
};

const TensorType* find_type(at::ScalarType type);
const TensorType* find_type_by_safetensors(std::string_view name);
const TensorType* find_type_by_storage(std::string_view name);
const TensorType* find_type_by_dtype(std::string_view name);

/// Product of the sizes times the size of one element; nothing when a size is negative or the product overflows.
std::optional<std::uint64_t> bytes_of_shape(std::span<const std::int64_t> shape, at::ScalarType type);

/// The tensor contiguous on the CPU; the same tensor when it is so already.
at::Tensor plain_copy(const at::Tensor& tensor);

/// Bytes of a contiguous CPU tensor; it must outlive them.
std::span<const std::byte> bytes_of(const at::Tensor& tensor);

/// An uninitialised contiguous CPU tensor and its bytes, to be read into.
at::Tensor empty_tensor(std::span<const std::int64_t> shape, at::ScalarType type);
std::span<std::byte> writable_bytes_of(const at::Tensor& tensor);

}  // namespace understudy
