#include "checkpoints/pickle.h"

#include <algorithm>
#include <array>

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

template <class Wanted>
const Wanted& as(const PickleValue& value, std::string_view what, std::string_view wanted) {
  const Wanted* found = std::get_if<Wanted>(&value.variant());
  if (found == nullptr)
    throw CheckpointError(fmt::format("{} is {} where {} was expected", what, value.type_name(), wanted));
  return *found;
}

}  // namespace

bool PickleValue::to_bool(std::string_view what) const {
  return as<bool>(*this, what, "a bool");
}

std::int64_t PickleValue::to_int(std::string_view what) const {
  return as<std::int64_t>(*this, what, "an int");
}

double PickleValue::to_double(std::string_view what) const {
  if (const auto* integer = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*integer);
  return as<double>(*this, what, "a number");
}

const std::string& PickleValue::to_text(std::string_view what) const {
  return as<std::string>(*this, what, "a text");
}

const at::Tensor& PickleValue::to_tensor(std::string_view what) const {
  return as<at::Tensor>(*this, what, "a tensor");
}

const PickleDict& PickleValue::to_dict(std::string_view what) const {
  return as<PickleDict>(*this, what, "a dict");
}

const std::vector<PickleValue>& PickleValue::to_items(std::string_view what) const {
  if (const auto* tuple = std::get_if<PickleTuple>(&value_)) return tuple->items;
  return as<List>(*this, what, "a list");
}

const PickleValue* PickleValue::find(std::string_view key) const {
  const auto* dict = std::get_if<PickleDict>(&value_);
  if (dict == nullptr) return nullptr;
  const auto found = std::find_if(dict->items.begin(), dict->items.end(), [&](const auto& item) {
    const auto* text = std::get_if<std::string>(&item.first.variant());
    return text != nullptr && *text == key;
  });
  return found == dict->items.end() ? nullptr : &found->second;
}

const PickleValue& PickleValue::require(std::string_view key, std::string_view what) const {
  to_dict(what);
  const PickleValue* value = find(key);
  if (value == nullptr) throw CheckpointError(fmt::format("{} has no entry \"{}\"", what, key));
  return *value;
}

std::string_view PickleValue::type_name() const {
  constexpr std::array<std::string_view, 9> kNames = {
      "None", "a bool", "an int", "a float", "a text", "a tensor", "a list", "a tuple", "a dict"};
  return kNames[value_.index()];
}

PickleValue state_dict_from(const NamedTensors& tensors) {
  PickleDict dict;
  dict.kind = DictKind::kOrdered;
  for (const auto& [name, tensor] : tensors) dict.items.emplace_back(name, tensor);
  return dict;
}

NamedTensors state_dict_of(const PickleValue& value, std::string_view what) {
  NamedTensors tensors;
  for (const auto& [key, item] : value.to_dict(what).items) {
    const std::string& name = key.to_text(fmt::format("a key of {}", what));
    tensors.emplace_back(name, item.to_tensor(fmt::format("{}: entry \"{}\"", what, name)));
  }
  return tensors;
}

}  // namespace understudy
