#include "checkpoints/pickle_writer.h"

#include <bit>
#include <limits>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "checkpoints/tensor_types.h"
#include "common/errors.h"

namespace understudy::pickle {
namespace {

class Writer {
 public:
  WrittenPickle write(const PickleValue& value) {
    out_.bytes = "\x80\x02";
    put(value);
    out_.bytes += '.';
    return std::move(out_);
  }

 private:
  void put(const PickleValue& value) {
    std::visit([this](const auto& item) { put_item(item); }, value.variant());
  }

  void put_item(std::monostate) { out_.bytes += 'N'; }
  void put_item(bool value) { out_.bytes += value ? '\x88' : '\x89'; }
  void put_item(const std::string& value) {
    out_.bytes += 'X';
    put_little_endian(value.size(), 4);
    out_.bytes += value;
  }

  void put_item(std::int64_t value) {
    const bool fits =
        value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max();
    out_.bytes += fits ? "J" : std::string("\x8A\x08", 2);
    put_little_endian(static_cast<std::uint64_t>(value), fits ? 4 : 8);
  }

  void put_item(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    out_.bytes += 'G';
    for (int i = 7; i >= 0; --i) out_.bytes += static_cast<char>((bits >> (8 * i)) & 0xFFU);
  }

  void put_item(const PickleValue::List& list) {
    out_.bytes += "](";
    for (const PickleValue& item : list) put(item);
    out_.bytes += 'e';
  }

  void put_item(const PickleTuple& tuple) {
    out_.bytes += '(';
    for (const PickleValue& item : tuple.items) put(item);
    out_.bytes += 't';
  }

  void put_item(const PickleDict& dict) {
    const bool is_namespace = dict.kind == DictKind::kNamespace;
    if (is_namespace) out_.bytes += "cargparse\nNamespace\n)\x81";
    out_.bytes += dict.kind == DictKind::kOrdered ? "ccollections\nOrderedDict\n)R" : "}";
    out_.bytes += '(';
    for (const auto& [key, item] : dict.items) {
      put(key);
      put(item);
    }
    out_.bytes += 'u';
    if (is_namespace) out_.bytes += 'b';  // the dict is its state
  }

  /// torch._utils._rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks)
  void put_item(const at::Tensor& tensor) {
    const TensorType* type = tensor.defined() ? find_type(tensor.scalar_type()) : nullptr;
    if (type == nullptr || type->storage.empty()) {
      throw CheckpointError(fmt::format("a tensor of type {} cannot be written to a PyTorch file",
                                        tensor.defined() ? c10::toString(tensor.scalar_type()) : "undefined"));
    }
    out_.bytes += "ctorch._utils\n_rebuild_tensor_v2\n((";
    put_item(std::string("storage"));
    out_.bytes += fmt::format("ctorch\n{}\n", type->storage);
    put_item(std::to_string(storage_of(tensor)));
    put_item(std::string("cpu"));
    put_item(tensor.numel());
    out_.bytes += "tQ";
    put_item(std::int64_t{0});
    put_sizes(tensor.sizes());
    put_sizes(contiguous_strides(tensor.sizes()));
    out_.bytes +=
        "\x89"
        "ccollections\nOrderedDict\n)RtR";
  }

  /// Tensors are stored contiguous, so only the very same view can share data with another.
  std::size_t storage_of(const at::Tensor& tensor) {
    const auto key = std::tuple(static_cast<const void*>(tensor.const_data_ptr()),
                                tensor.scalar_type(),
                                tensor.sizes().vec(),
                                tensor.strides().vec());
    const auto [place, is_new] = known_.emplace(key, out_.storages.size());
    if (tensor.numel() == 0 || is_new) {
      place->second = out_.storages.size();
      out_.storages.push_back(tensor);
    }
    return place->second;
  }

  static std::vector<std::int64_t> contiguous_strides(at::IntArrayRef sizes) {
    std::vector<std::int64_t> strides(sizes.size(), 1);
    for (std::size_t i = sizes.size(); i-- > 1;) strides[i - 1] = strides[i] * std::max<std::int64_t>(sizes[i], 1);
    return strides;
  }

  void put_sizes(at::IntArrayRef sizes) {
    out_.bytes += '(';
    for (const std::int64_t size : sizes) put_item(size);
    out_.bytes += 't';
  }

  void put_little_endian(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_.bytes += static_cast<char>((value >> (8 * i)) & 0xFFU);
  }

  WrittenPickle out_;
  std::map<std::tuple<const void*, at::ScalarType, std::vector<std::int64_t>, std::vector<std::int64_t>>, std::size_t>
      known_;
};

}  // namespace

WrittenPickle write_pickle(const PickleValue& value) {
  return Writer().write(value);
}

}  // namespace understudy::pickle
