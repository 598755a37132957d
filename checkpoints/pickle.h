#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <ATen/core/Tensor.h>

#include "checkpoints/named_tensors.h"

namespace understudy {

class PickleValue;

struct PickleTuple {
  std::vector<PickleValue> items;
};

/// What Python makes of a dict: dict; collections.OrderedDict, as `state_dict()` returns it; argparse.Namespace, whose
/// attributes are the entries.
enum class DictKind { kPlain, kOrdered, kNamespace };

/// Entries in the order of the file. Keys are text or numbers.
struct PickleDict {
  std::vector<std::pair<PickleValue, PickleValue>> items;
  DictKind kind = DictKind::kPlain;
};

/// What a PyTorch file holds, as plain data: None, bool, int, float, str, list, tuple, dict and tensors.
class PickleValue {
 public:
  using List = std::vector<PickleValue>;
  using Variant =
      std::variant<std::monostate, bool, std::int64_t, double, std::string, at::Tensor, List, PickleTuple, PickleDict>;

  PickleValue() = default;  ///< None
  PickleValue(bool value) : value_(value) {}
  PickleValue(std::int64_t value) : value_(value) {}
  PickleValue(int value) : value_(std::int64_t{value}) {}
  PickleValue(double value) : value_(value) {}
  PickleValue(std::string value) : value_(std::move(value)) {}
  PickleValue(const char* value) : value_(std::string(value)) {}
  PickleValue(at::Tensor value) : value_(std::move(value)) {}
  PickleValue(List value) : value_(std::move(value)) {}
  PickleValue(PickleTuple value) : value_(std::move(value)) {}
  PickleValue(PickleDict value) : value_(std::move(value)) {}

  bool is_none() const { return std::holds_alternative<std::monostate>(value_); }
  const Variant& variant() const { return value_; }

  /// The value as that type. @param what  its place in the file, for the message ("optimizer.param_groups")
  /// @throws CheckpointError  when it is another type
  bool to_bool(std::string_view what) const;
  std::int64_t to_int(std::string_view what) const;
  double to_double(std::string_view what) const;  ///< an int is taken, too
  const std::string& to_text(std::string_view what) const;
  const at::Tensor& to_tensor(std::string_view what) const;
  const PickleDict& to_dict(std::string_view what) const;
  /// Items of a list or a tuple.
  const std::vector<PickleValue>& to_items(std::string_view what) const;

  /// Value of a text key of a dict, or nullptr; nullptr also when this is no dict.
  const PickleValue* find(std::string_view key) const;
  /// @throws CheckpointError  when there is no such key
  const PickleValue& require(std::string_view key, std::string_view what) const;

  /// "None", "a list", "a tensor": for messages.
  std::string_view type_name() const;

 private:
  Variant value_;
};

/// OrderedDict of text → tensor, what `state_dict()` gives and `load_state_dict` takes.
PickleValue state_dict_from(const NamedTensors& tensors);

/// The reverse. @throws CheckpointError  when `value` is no dict of text → tensor; the message names the first other
/// entry
NamedTensors state_dict_of(const PickleValue& value, std::string_view what);

}  // namespace understudy
