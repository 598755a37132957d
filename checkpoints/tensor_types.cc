#include "checkpoints/tensor_types.h"

#include <algorithm>
#include <array>

#include <ATen/ATen.h>

namespace understudy {
namespace {

constexpr std::array<TensorType, 17> kTypes = {{
    {at::kBool, "BOOL", "BoolStorage", "bool", 0},
    {at::kByte, "U8", "ByteStorage", "uint8", 1},
    {at::kChar, "I8", "CharStorage", "int8", 2},
    {at::kFloat8_e5m2, "F8_E5M2", "", "float8_e5m2", 3},
    {at::kFloat8_e4m3fn, "F8_E4M3", "", "float8_e4m3fn", 4},
    {at::kShort, "I16", "ShortStorage", "int16", 5},
    {at::kUInt16, "U16", "", "uint16", 6},
    {at::kHalf, "F16", "HalfStorage", "float16", 7},
    {at::kBFloat16, "BF16", "BFloat16Storage", "bfloat16", 8},
    {at::kInt, "I32", "IntStorage", "int32", 9},
    {at::kUInt32, "U32", "", "uint32", 10},
    {at::kFloat, "F32", "FloatStorage", "float32", 11},
    {at::kDouble, "F64", "DoubleStorage", "float64", 12},
    {at::kLong, "I64", "LongStorage", "int64", 13},
    {at::kUInt64, "U64", "", "uint64", 14},
    {at::kComplexFloat, "", "ComplexFloatStorage", "complex64", 15},
    {at::kComplexDouble, "", "ComplexDoubleStorage", "complex128", 16},
}};

template <class Value>
const TensorType* find_by(Value TensorType::*member, const Value& value) {
  const auto found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const TensorType& t) { return t.*member == value; });
  return found == kTypes.end() ? nullptr : &*found;
}

const TensorType* find_by_name(std::string_view TensorType::*member, std::string_view name) {
  return name.empty() ? nullptr : find_by(member, name);
}

}  // namespace

const TensorType* find_type(at::ScalarType type) {
  return find_by(&TensorType::type, type);
}
const TensorType* find_type_by_safetensors(std::string_view name) {
  return find_by_name(&TensorType::safetensors, name);
}
const TensorType* find_type_by_storage(std::string_view name) {
  return find_by_name(&TensorType::storage, name);
}
const TensorType* find_type_by_dtype(std::string_view name) {
  return find_by_name(&TensorType::dtype, name);
}

std::optional<std::uint64_t> bytes_of_shape(std::span<const std::int64_t> shape, at::ScalarType type) {
  std::int64_t bytes = static_cast<std::int64_t>(c10::elementSize(type));
  for (const std::int64_t size : shape) {
    if (size < 0 || __builtin_mul_overflow(bytes, size, &bytes)) return std::nullopt;
  }
  return static_cast<std::uint64_t>(bytes);
}

at::Tensor plain_copy(const at::Tensor& tensor) {
  return tensor.detach().to(at::kCPU).resolve_conj().resolve_neg().contiguous();
}

std::span<const std::byte> bytes_of(const at::Tensor& tensor) {
  return {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()};
}

at::Tensor empty_tensor(std::span<const std::int64_t> shape, at::ScalarType type) {
  return at::empty(at::IntArrayRef(shape.data(), shape.size()), at::TensorOptions().dtype(type));
}

std::span<std::byte> writable_bytes_of(const at::Tensor& tensor) {
  return {static_cast<std::byte*>(tensor.mutable_data_ptr()), tensor.nbytes()};
}

}  // namespace understudy
