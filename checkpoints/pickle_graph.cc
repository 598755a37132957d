#include "checkpoints/pickle_graph.h"

#include <map>
#include <unordered_map>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "checkpoints/tensor_types.h"

namespace understudy::pickle {
namespace {

// Checkpoints nest a handful of levels; a circle, or a small file made to unfold into a huge tree, ends here.
constexpr int kDeepest = 64;
constexpr std::uint64_t kMostValues = 1U << 22;
constexpr std::uint64_t kMostTextBytes = 1U << 28;

class Unfolder {
 public:
  Unfolder(const PickleGraph& graph, const FileReader& file, const LoadStorage& load)
      : graph_(graph), file_(file), load_(load), storages_(graph.storages.size()) {}

  PickleValue unfold(NodeId id, int depth) {
    if (depth > kDeepest) file_.fail("its pickle nests deeper than 64 levels; the file is damaged or not a checkpoint");
    if (++values_ > kMostValues) file_.fail("its pickle unfolds to more values than a checkpoint has; damaged?");
    return std::visit([&](const auto& node) { return value_of(node, id, depth); }, graph_.nodes[id]);
  }

 private:
  PickleValue value_of(std::monostate, NodeId, int) { return {}; }
  PickleValue value_of(bool value, NodeId, int) { return value; }
  PickleValue value_of(std::int64_t value, NodeId, int) { return value; }
  PickleValue value_of(double value, NodeId, int) { return value; }
  PickleValue value_of(const std::string& value, NodeId, int) { return counted(value); }
  PickleValue value_of(const ByteString& value, NodeId, int) { return counted(value.bytes); }
  PickleValue value_of(const ListNode& node, NodeId, int depth) { return items_of(node.items, depth); }
  PickleValue value_of(const TupleNode& node, NodeId, int depth) { return PickleTuple{items_of(node.items, depth)}; }
  PickleValue value_of(const NumpyDtypeNode& node, NodeId, int) { return "numpy." + node.code; }
  PickleValue value_of(const StorageNode&, NodeId, int) { file_.fail("its pickle holds a bare storage, not a tensor"); }

  PickleValue value_of(const GlobalNode& node, NodeId, int) {
    const TensorType* type = find_type(node.type);
    if (node.callable != Callable::kDtype || type == nullptr)
      file_.fail("its pickle holds a function or a class as a value");
    return fmt::format("torch.{}", type->dtype);
  }

  PickleValue value_of(const DictNode& node, NodeId, int depth) {
    PickleDict dict;
    dict.kind = node.kind;
    std::map<std::string, std::size_t> places;
    for (const auto& [key_id, value_id] : node.items) {
      PickleValue key = unfold(key_id, depth + 1);
      PickleValue value = unfold(value_id, depth + 1);
      const auto* text = std::get_if<std::string>(&key.variant());
      // As in Python, a key set again keeps its place and takes the later value.
      const auto [place, is_new] = text ? places.emplace(*text, dict.items.size()) : std::pair(places.end(), true);
      if (is_new) {
        dict.items.emplace_back(std::move(key), std::move(value));
      } else {
        dict.items[place->second].second = std::move(value);
      }
    }
    return dict;
  }

  PickleValue value_of(const TensorNode& node, NodeId id, int) {
    const auto [place, is_new] = tensors_.try_emplace(id);
    if (is_new) {
      place->second = at::empty({0}, at::TensorOptions().dtype(node.type));
      place->second.set_(storage(node.storage), node.offset, node.sizes, node.strides);
    }
    return place->second;
  }

  const at::Storage& storage(std::size_t index) {
    if (!storages_[index].defined()) storages_[index] = load_(graph_.storages[index]);
    return storages_[index].storage();
  }

  std::vector<PickleValue> items_of(const std::vector<NodeId>& ids, int depth) {
    std::vector<PickleValue> items;
    for (const NodeId id : ids) items.push_back(unfold(id, depth + 1));
    return items;
  }

  const std::string& counted(const std::string& text) {
    text_bytes_ += text.size();
    if (text_bytes_ > kMostTextBytes) file_.fail("its pickle unfolds to more text than a checkpoint has; damaged?");
    return text;
  }

  const PickleGraph& graph_;
  const FileReader& file_;
  const LoadStorage& load_;
  std::vector<at::Tensor> storages_;
  std::unordered_map<NodeId, at::Tensor> tensors_;
  std::uint64_t values_ = 0;
  std::uint64_t text_bytes_ = 0;
};

}  // namespace

PickleValue unfold(const PickleGraph& graph, const FileReader& file, const LoadStorage& load) {
  return Unfolder(graph, file, load).unfold(graph.root, 0);
}

}  // namespace understudy::pickle
