#include "checkpoints/pickle_calls.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "checkpoints/tensor_types.h"

namespace understudy::pickle {
namespace {

struct KnownGlobal {
  std::string_view module;
  std::string_view name;
  Callable callable;
};

constexpr std::array<KnownGlobal, 16> kKnown = {{
    {"collections", "OrderedDict", Callable::kOrderedDict},
    {"argparse", "Namespace", Callable::kNamespace},
    {"torch", "Size", Callable::kSize},
    {"torch", "device", Callable::kDevice},
    {"torch._utils", "_rebuild_tensor", Callable::kRebuildTensor},
    {"torch._utils", "_rebuild_tensor_v2", Callable::kRebuildTensor},
    {"torch._utils", "_rebuild_tensor_v3", Callable::kRebuildTensorV3},
    {"torch._utils", "_rebuild_parameter", Callable::kRebuildParameter},
    {"torch", "UntypedStorage", Callable::kStorage},
    {"torch.storage", "UntypedStorage", Callable::kStorage},
    {"torch.storage", "_UntypedStorage", Callable::kStorage},
    {"_codecs", "encode", Callable::kEncode},
    {"numpy", "dtype", Callable::kNumpyDtype},
    {"numpy.core.multiarray", "scalar", Callable::kNumpyScalar},
    {"numpy._core.multiarray", "scalar", Callable::kNumpyScalar},
    {"torch.cuda", "device", Callable::kDevice},
}};

/// Sixteen times what Linux takes. Joining is bounded while it goes on, since segments may be given many times.
constexpr std::size_t kLongestPath = 1U << 16;

/// Classes of pathlib, which Python 3.13 keeps in a module of its own.
constexpr std::array<std::string_view, 2> kPathModules = {"pathlib", "pathlib._local"};
constexpr std::array<std::string_view, 6> kPathClasses = {
    "PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath", "Path", "PurePath"};

template <std::size_t kCount>
bool holds(const std::array<std::string_view, kCount>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Typed access to the arguments of one call; every mismatch is an error of the file.
class Arguments {
 public:
  Arguments(const PickleGraph& graph, const std::vector<NodeId>& ids, const PickleInput& input)
      : graph_(graph), ids_(ids), input_(input) {}

  std::size_t count() const { return ids_.size(); }
  const Node& node(std::size_t index) const {
    if (index >= ids_.size()) input_.fail(fmt::format("a call has {} arguments, too few", ids_.size()));
    return graph_.nodes[ids_[index]];
  }
  template <class Wanted>
  const Wanted& get(std::size_t index) const {
    const Wanted* value = std::get_if<Wanted>(&node(index));
    if (value == nullptr) input_.fail(fmt::format("argument {} of a call has the wrong type", index + 1));
    return *value;
  }
  std::vector<std::int64_t> integers(std::size_t index) const {
    const TupleNode& tuple = get<TupleNode>(index);
    const Arguments items(graph_, tuple.items, input_);
    std::vector<std::int64_t> values;
    for (std::size_t i = 0; i < items.count(); ++i) values.push_back(items.get<std::int64_t>(i));
    return values;
  }
  std::int64_t count_at(std::size_t index) const {
    const std::int64_t value = get<std::int64_t>(index);
    if (value < 0) input_.fail(fmt::format("a count or an offset is {}", value));
    return value;
  }

 private:
  const PickleGraph& graph_;
  const std::vector<NodeId>& ids_;
  const PickleInput& input_;
};

/// Index one past the last element that the tensor touches; nothing when that overflows or a number is negative.
std::optional<std::int64_t> end_of(const TensorNode& tensor) {
  std::int64_t last = tensor.offset;
  bool is_empty = false;
  for (std::size_t i = 0; i < tensor.sizes.size(); ++i) {
    std::int64_t reach = 0;
    if (tensor.sizes[i] < 0 || tensor.strides[i] < 0) return std::nullopt;
    is_empty |= tensor.sizes[i] == 0;
    if (tensor.sizes[i] > 1 && (__builtin_mul_overflow(tensor.sizes[i] - 1, tensor.strides[i], &reach) ||
                                __builtin_add_overflow(last, reach, &last))) {
      return std::nullopt;
    }
  }
  return is_empty ? 0 : last + (last < INT64_MAX ? 1 : 0);
}

void require_inside(const TensorNode& tensor, const StorageRef& storage, const PickleInput& input) {
  const auto size = static_cast<std::int64_t>(c10::elementSize(tensor.type));
  const auto available = static_cast<std::int64_t>(storage.elements * c10::elementSize(storage.type)) / size;
  const auto end = end_of(tensor);
  if (!end || *end > available || !bytes_of_shape(tensor.sizes, tensor.type)) {
    input.fail(fmt::format("a tensor of shape [{}] does not lie in its storage \"{}\" of {} elements",
                           fmt::join(tensor.sizes, ", "),
                           storage.key,
                           available));
  }
}

Node rebuild_tensor(const PickleGraph& graph, const Arguments& arguments, bool has_dtype, const PickleInput& input) {
  const auto& storage_node = arguments.get<StorageNode>(0);
  const StorageRef& storage = graph.storages[storage_node.storage];
  const std::int64_t offset = arguments.count_at(1);
  TensorNode tensor{storage_node.storage, storage.type, 0, arguments.integers(2), arguments.integers(3)};
  if (__builtin_add_overflow(offset, static_cast<std::int64_t>(storage_node.offset), &tensor.offset))
    input.fail("a tensor's offset overflows");
  if (has_dtype) {
    const auto& dtype = arguments.get<GlobalNode>(6);
    if (dtype.callable != Callable::kDtype) input.fail("a tensor's element type is not a torch type");
    tensor.type = dtype.type;
  }
  if (tensor.sizes.size() != tensor.strides.size()) input.fail("a tensor has not as many strides as sizes");
  require_inside(tensor, storage, input);
  return tensor;
}

Node make_ordered_dict(const PickleGraph& graph, const Arguments& arguments, const PickleInput& input) {
  DictNode dict;
  dict.kind = DictKind::kOrdered;
  if (arguments.count() == 0) return dict;
  // Before Python 3.5 the pairs came as a list of two-item lists.
  for (const NodeId pair_id : arguments.get<ListNode>(0).items) {
    const auto* list = std::get_if<ListNode>(&graph.nodes[pair_id]);
    const auto* tuple = std::get_if<TupleNode>(&graph.nodes[pair_id]);
    const std::vector<NodeId> pair = list ? list->items : tuple ? tuple->items : std::vector<NodeId>{};
    if (pair.size() != 2) input.fail("an OrderedDict's entry is no pair");
    dict.items.emplace_back(pair[0], pair[1]);
  }
  return dict;
}

/// As pathlib joins segments: one that begins at the root drops those before it.
Node join_path(const Arguments& arguments, const PickleInput& input) {
  std::string path;
  for (std::size_t i = 0; i < arguments.count(); ++i) {
    const auto& segment = arguments.get<std::string>(i);
    if (segment.starts_with('/')) path.clear();
    if (!path.empty() && !path.ends_with('/') && !path.ends_with('\\')) path += '/';
    if (path.size() + segment.size() > kLongestPath) input.fail("holds a path of more than 64 KiB; damaged?");
    path += segment;
  }
  return path.empty() ? "." : path;
}

/// Text of code points below 256 as the bytes that the codec latin1 makes of it.
ByteString to_latin1(const std::string& utf8, const PickleInput& input) {
  ByteString result;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    if (lead < 0x80U) {
      result.bytes += utf8[i];
    } else if ((lead == 0xC2U || lead == 0xC3U) && i + 1 < utf8.size()) {
      result.bytes += static_cast<char>(((lead & 0x03U) << 6) | (static_cast<unsigned char>(utf8[++i]) & 0x3FU));
    } else {
      input.fail("bytes are not written as latin1");
    }
  }
  return result;
}

template <class Number>
Number number_in(const std::string& bytes) {
  Number value;
  std::memcpy(&value, bytes.data(), sizeof(Number));
  return value;
}

Node numpy_scalar(const Arguments& arguments, const PickleInput& input) {
  const std::string& code = arguments.get<NumpyDtypeNode>(0).code;
  const std::string& bytes = arguments.get<ByteString>(1).bytes;
  const auto is = [&](std::string_view wanted, std::size_t size) { return code == wanted && bytes.size() == size; };
  if (is("f8", 8)) return number_in<double>(bytes);
  if (is("f4", 4)) return static_cast<double>(number_in<float>(bytes));
  if (is("i8", 8)) return number_in<std::int64_t>(bytes);
  if (is("i4", 4)) return static_cast<std::int64_t>(number_in<std::int32_t>(bytes));
  if (is("b1", 1)) return bytes[0] != 0;
  input.fail(fmt::format("a numpy number of type {} and {} bytes is not understood", code, bytes.size()));
}

}  // namespace

std::optional<GlobalNode> find_global(std::string_view module, std::string_view name) {
  for (const KnownGlobal& known : kKnown) {
    if (known.module == module && known.name == name) return GlobalNode{known.callable, at::kByte};
  }
  if (holds(kPathModules, module) && holds(kPathClasses, name)) return GlobalNode{Callable::kPath, at::kByte};
  if (module != "torch") return std::nullopt;
  if (const TensorType* type = find_type_by_storage(name)) return GlobalNode{Callable::kStorage, type->type};
  if (const TensorType* type = find_type_by_dtype(name)) return GlobalNode{Callable::kDtype, type->type};
  return std::nullopt;
}

Node call(const PickleGraph& graph,
          const GlobalNode& global,
          const std::vector<NodeId>& ids,
          const PickleInput& input) {
  const Arguments arguments(graph, ids, input);
  switch (global.callable) {
    case Callable::kOrderedDict:
      return make_ordered_dict(graph, arguments, input);
    case Callable::kNamespace:
      return DictNode{{}, DictKind::kNamespace};
    case Callable::kPath:
      return join_path(arguments, input);
    case Callable::kSize:
      return TupleNode{arguments.get<TupleNode>(0).items};
    case Callable::kDevice:
      return arguments.get<std::string>(0);
    case Callable::kRebuildTensor:
      return rebuild_tensor(graph, arguments, false, input);
    case Callable::kRebuildTensorV3:
      return rebuild_tensor(graph, arguments, true, input);
    case Callable::kRebuildParameter:
      return arguments.get<TensorNode>(0);
    case Callable::kEncode:
      return to_latin1(arguments.get<std::string>(0), input);
    case Callable::kNumpyDtype:
      return NumpyDtypeNode{arguments.get<std::string>(0)};
    case Callable::kNumpyScalar:
      return numpy_scalar(arguments, input);
    case Callable::kStorage:
    case Callable::kDtype:
      break;
  }
  input.fail("a type is called as if it were a function");
}

Node find_storage(PickleGraph& graph, const std::vector<NodeId>& id, const PickleInput& input) {
  const Arguments arguments(graph, id, input);
  const std::string& kind = arguments.get<std::string>(0);
  if (kind != "storage")
    input.fail(fmt::format("holds a whole {}, code included; save its state_dict() instead", kind));
  const auto& type = arguments.get<GlobalNode>(1);
  StorageRef storage{arguments.get<std::string>(2), type.type, static_cast<std::uint64_t>(arguments.count_at(4))};
  const std::int64_t one_size[] = {arguments.count_at(4)};
  if (type.callable != Callable::kStorage || !bytes_of_shape(one_size, type.type))
    input.fail("a storage has an impossible type or size");
  StorageNode node{0, 0};
  if (arguments.count() > 5 && std::holds_alternative<TupleNode>(arguments.node(5))) {
    const Arguments view(graph, arguments.get<TupleNode>(5).items, input);
    node.offset = static_cast<std::uint64_t>(view.count_at(1));
  }
  const auto [known, is_new] = graph.storage_by_key.emplace(storage.key, graph.storages.size());
  node.storage = known->second;
  if (is_new) {
    graph.storages.push_back(std::move(storage));
  } else if (const StorageRef& before = graph.storages[node.storage];
             before.elements != storage.elements || before.type != storage.type) {
    input.fail(fmt::format("storage \"{}\" is described in two ways", storage.key));
  }
  return node;
}

}  // namespace understudy::pickle
