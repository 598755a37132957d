#include "checkpoints/torch_checkpoint.h"

#include <set>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr std::string_view kEntries[] = {"step", "exp_avg", "exp_avg_sq"};

PickleValue entry_value(std::string_view entry, const at::Tensor& tensor) {
  const bool is_plain = entry == "step" && !tensor.is_floating_point();
  return is_plain ? PickleValue(tensor.item<std::int64_t>()) : PickleValue(tensor);
}

/// State of one parameter as torch keys it, or nothing when it had no step yet.
PickleDict entries_of(const NamedTensors& tensors, const std::string& parameter) {
  PickleDict entries;
  for (const std::string_view entry : kEntries) {
    if (const at::Tensor* tensor = find_tensor(tensors, fmt::format("{}.{}", parameter, entry))) {
      entries.items.emplace_back(std::string(entry), entry_value(entry, *tensor));
    }
  }
  if (!entries.items.empty() && entries.items.size() != std::size(kEntries)) {
    throw CheckpointError(
        fmt::format("optimiser state of \"{}\" is incomplete: step, exp_avg and exp_avg_sq are needed", parameter));
  }
  return entries;
}

/// RAdam's cache of its last ten step sizes, empty.
PickleValue empty_buffer() {
  const PickleValue nothing(PickleValue::List(3));
  return PickleValue::List(10, nothing);
}

PickleDict group_dict(const AdamGroup& group, std::size_t parameters) {
  PickleDict dict;
  const auto add = [&](const char* key, PickleValue value) { dict.items.emplace_back(key, std::move(value)); };
  add("lr", group.learning_rate);
  add("betas", PickleTuple{{group.beta1, group.beta2}});
  add("eps", group.epsilon);
  add("weight_decay", group.weight_decay);
  if (group.rectified) {
    add("buffer", empty_buffer());
  } else {
    add("amsgrad", group.amsgrad);
    add("maximize", false);
    add("foreach", PickleValue());
    add("capturable", false);
    add("differentiable", false);
    add("fused", PickleValue());
  }
  PickleValue::List indices;
  for (std::size_t i = 0; i < parameters; ++i) indices.emplace_back(static_cast<std::int64_t>(i));
  add("params", std::move(indices));
  return dict;
}

AdamGroup group_from(const PickleValue& dict, const std::string& what) {
  AdamGroup group;
  group.learning_rate = dict.require("lr", what).to_double(what + ".lr");
  const auto& betas = dict.require("betas", what).to_items(what + ".betas");
  if (betas.size() != 2)
    throw CheckpointError(fmt::format("{}.betas has {} entries where Adam has 2", what, betas.size()));
  group.beta1 = betas[0].to_double(what + ".betas");
  group.beta2 = betas[1].to_double(what + ".betas");
  group.epsilon = dict.require("eps", what).to_double(what + ".eps");
  group.weight_decay = dict.require("weight_decay", what).to_double(what + ".weight_decay");
  if (const PickleValue* amsgrad = dict.find("amsgrad")) group.amsgrad = amsgrad->to_bool(what + ".amsgrad");
  return group;
}

at::Tensor step_of(const PickleValue& value, const std::string& what) {
  if (const auto* tensor = std::get_if<at::Tensor>(&value.variant())) return tensor->to(at::kFloat);
  return at::scalar_tensor(value.to_double(what), at::TensorOptions().dtype(at::kFloat));
}

/// The value of an integer key; nullptr when there is none.
const PickleValue* find_index(const PickleDict& dict, std::int64_t index) {
  for (const auto& [key, value] : dict.items) {
    const auto* number = std::get_if<std::int64_t>(&key.variant());
    if (number != nullptr && *number == index) return &value;
  }
  return nullptr;
}

}  // namespace

PickleValue adam_state_dict(const AdamState& state, const std::vector<std::string>& parameters) {
  PickleDict by_index;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    PickleDict entries = entries_of(state.tensors, parameters[i]);
    if (!entries.items.empty()) by_index.items.emplace_back(static_cast<std::int64_t>(i), std::move(entries));
  }
  PickleDict dict;
  dict.items.emplace_back("state", std::move(by_index));
  dict.items.emplace_back("param_groups", PickleValue::List{group_dict(state.group, parameters.size())});
  return dict;
}

AdamState adam_state_of(const PickleValue& state_dict,
                        const std::vector<std::string>& parameters,
                        std::string_view what) {
  const std::string place(what);
  const auto& groups = state_dict.require("param_groups", what).to_items(place + ".param_groups");
  if (groups.size() != 1)
    throw CheckpointError(fmt::format("{} has {} parameter groups where 1 was expected", what, groups.size()));
  const std::string group_place = place + ".param_groups[0]";
  const auto& indices = groups[0].require("params", group_place).to_items(group_place + ".params");
  if (indices.size() != parameters.size()) {
    throw CheckpointError(
        fmt::format("{} is of {} parameters where the networks have {}", what, indices.size(), parameters.size()));
  }
  AdamState state{{}, group_from(groups[0], group_place)};
  const PickleDict& by_index = state_dict.require("state", what).to_dict(place + ".state");
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const PickleValue* entries = find_index(by_index, indices[i].to_int(group_place + ".params"));
    if (entries == nullptr) continue;
    const std::string entry_place = fmt::format("{}.state[{}] ({})", what, i, parameters[i]);
    state.tensors.emplace_back(parameters[i] + ".step", step_of(entries->require("step", entry_place), entry_place));
    for (const char* moment : {"exp_avg", "exp_avg_sq"}) {
      state.tensors.emplace_back(fmt::format("{}.{}", parameters[i], moment),
                                 entries->require(moment, entry_place).to_tensor(entry_place));
    }
  }
  return state;
}

PickleValue torch_checkpoint(const TorchCheckpoint& checkpoint) {
  PickleDict dict;
  std::set<std::string> names;
  const auto add = [&](const std::string& name, PickleValue value) {
    if (!names.insert(name).second) throw CheckpointError(fmt::format("a checkpoint cannot hold \"{}\" twice", name));
    dict.items.emplace_back(name, std::move(value));
  };
  for (const auto& [name, tensors] : checkpoint.networks) add(name, state_dict_from(tensors));
  for (const auto& [name, value] : checkpoint.others) add(name, value);
  return dict;
}

}  // namespace understudy
