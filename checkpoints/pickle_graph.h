#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <ATen/core/Tensor.h>

#include "checkpoints/file_reader.h"
#include "checkpoints/pickle.h"

namespace understudy::pickle {

/// What a pickle describes, as nodes that refer to one another by number. Lists and dicts may be filled after others
/// refer to them, and a damaged file may nest without end or in a circle, which numbers survive and nested values would
/// not.
using NodeId = std::uint32_t;

/// Names a pickle may call, each standing for plain data. Nothing else is ever looked up.
enum class Callable {
  kOrderedDict,
  kNamespace,         ///< argparse.Namespace: read as a dict of its attributes
  kPath,              ///< pathlib paths: read as text
  kSize,              ///< torch.Size: read as a tuple
  kDevice,            ///< torch.device: read as text
  kRebuildTensor,     ///< torch._utils._rebuild_tensor, _v2
  kRebuildTensorV3,   ///< with an element type of its own
  kRebuildParameter,  ///< read as the tensor
  kStorage,           ///< torch.FloatStorage and its like
  kDtype,             ///< torch.float32 and its like: read as text
  kEncode,            ///< _codecs.encode: bytes under protocol 2
  kNumpyDtype,
  kNumpyScalar,
};

/// Bytes that tensors share.
struct StorageRef {
  std::string key;
  at::ScalarType type;  ///< of an untyped storage: uint8
  std::uint64_t elements;
};

struct ByteString {
  std::string bytes;
};
struct ListNode {
  std::vector<NodeId> items;
};
struct TupleNode {
  std::vector<NodeId> items;
};
struct DictNode {
  std::vector<std::pair<NodeId, NodeId>> items;
  DictKind kind = DictKind::kPlain;
};
struct GlobalNode {
  Callable callable;
  at::ScalarType type;  ///< of kStorage and kDtype
};
struct StorageNode {
  std::size_t storage;   ///< index into PickleGraph::storages
  std::uint64_t offset;  ///< elements; a storage that views another starts inside it
};
struct TensorNode {
  std::size_t storage;
  at::ScalarType type;
  std::int64_t offset;  ///< elements
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> strides;
};
struct NumpyDtypeNode {
  std::string code;  ///< "f8"
};

using Node = std::variant<std::monostate,
                          bool,
                          std::int64_t,
                          double,
                          std::string,
                          ByteString,
                          ListNode,
                          TupleNode,
                          DictNode,
                          GlobalNode,
                          StorageNode,
                          TensorNode,
                          NumpyDtypeNode>;

struct PickleGraph {
  std::vector<Node> nodes;
  std::vector<StorageRef> storages;
  std::unordered_map<std::string, std::size_t> storage_by_key;
  NodeId root = 0;
};

/// Gives the bytes of a storage: a one-dimensional uint8 tensor.
using LoadStorage = std::function<at::Tensor(const StorageRef&)>;

/// The graph as a tree of values, every storage loaded once and only when a tensor needs it.
/// @throws CheckpointError  for a graph that nests too deep, runs in a circle or unfolds to more than fits
PickleValue unfold(const PickleGraph& graph, const FileReader& file, const LoadStorage& load);

}  // namespace understudy::pickle
