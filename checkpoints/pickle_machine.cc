#include "checkpoints/pickle_machine.h"

#include <bit>
#include <unordered_map>

#include <fmt/format.h>

#include "checkpoints/pickle_calls.h"

namespace understudy::pickle {
namespace {

// A full training checkpoint has some ten thousand; a damaged file must not eat the memory.
constexpr std::size_t kMostNodes = 1U << 22;
constexpr std::uint64_t kMostSteps = 1U << 25;
// Items of containers and bytes of text. A node can be made of others any number of times, so that a small file could
// double them with every opcode.
constexpr std::uint64_t kMostHeld = 1U << 25;

/// What a node holds beside itself.
std::uint64_t held_by(const Node& node) {
  if (const auto* text = std::get_if<std::string>(&node)) return text->size();
  if (const auto* bytes = std::get_if<ByteString>(&node)) return bytes->bytes.size();
  if (const auto* list = std::get_if<ListNode>(&node)) return list->items.size();
  if (const auto* tuple = std::get_if<TupleNode>(&node)) return tuple->items.size();
  if (const auto* dict = std::get_if<DictNode>(&node)) return dict->items.size();
  if (const auto* tensor = std::get_if<TensorNode>(&node)) return tensor->sizes.size() + tensor->strides.size();
  if (const auto* type = std::get_if<NumpyDtypeNode>(&node)) return type->code.size();
  return 0;
}

class Machine {
 public:
  explicit Machine(PickleInput& input) : input_(input) {}

  PickleGraph run() {
    while (!stopped_) step(input_.byte());
    graph_.root = pop();
    return std::move(graph_);
  }

 private:
  void step(std::uint8_t opcode) {
    if (++steps_ > kMostSteps) input_.fail("is longer than the pickle of any checkpoint; damaged?");
    if (!push_constant(opcode) && !handle_container(opcode) && !handle_memo(opcode) && !handle_object(opcode)) {
      input_.fail(fmt::format(
          "opcode 0x{:02x} is not one that weights need; the file is damaged or holds program objects", opcode));
    }
  }

  /// Opcodes that push one value.
  bool push_constant(std::uint8_t opcode) {
    switch (opcode) {
      case 'N':
        push(std::monostate{});
        return true;
      case 0x88:
        push(true);
        return true;
      case 0x89:
        push(false);
        return true;
      case 'K':
        push(static_cast<std::int64_t>(input_.byte()));
        return true;
      case 'M':
        push(static_cast<std::int64_t>(input_.integer(2)));
        return true;
      case 'J':
        push(std::int64_t{static_cast<std::int32_t>(input_.integer(4))});
        return true;
      case 0x8A:
        push(long_integer(input_.byte()));
        return true;
      case 0x8B:
        push(long_integer(input_.integer(4)));
        return true;
      case 'G':
        push(big_endian_double());
        return true;
      case 'X':
        push(input_.text(input_.integer(4)));
        return true;
      case 0x8C:
        push(input_.text(input_.byte()));
        return true;
      case 0x8D:
        push(input_.text(input_.integer(8)));
        return true;
      case 'U':
        push(input_.text(input_.byte()));
        return true;  // text of Python 2
      case 'T':
        push(input_.text(input_.integer(4)));
        return true;  // text of Python 2
      case 'C':
        push(ByteString{input_.text(input_.byte())});
        return true;
      case 'B':
        push(ByteString{input_.text(input_.integer(4))});
        return true;
      default:
        return false;
    }
  }

  bool handle_container(std::uint8_t opcode) {
    switch (opcode) {
      case '(':
        marks_.push_back(stack_.size());
        return true;
      case ')':
        push(TupleNode{});
        return true;
      case ']':
        push(ListNode{});
        return true;
      case '}':
        push(DictNode{});
        return true;
      case 't':
        push(TupleNode{pop_to_mark()});
        return true;
      case 'l':
        push(ListNode{pop_to_mark()});
        return true;
      case 0x85:
        push(TupleNode{pop_many(1)});
        return true;
      case 0x86:
        push(TupleNode{pop_many(2)});
        return true;
      case 0x87:
        push(TupleNode{pop_many(3)});
        return true;
      case 'a':
        append(pop_many(1));
        return true;
      case 'e':
        append(pop_to_mark());
        return true;
      case 's':
        set_items(pop_many(2));
        return true;
      case 'u':
        set_items(pop_to_mark());
        return true;
      default:
        return false;
    }
  }

  bool handle_memo(std::uint8_t opcode) {
    switch (opcode) {
      case 'q':
        memo_[input_.byte()] = top();
        return true;
      case 'r':
        memo_[input_.integer(4)] = top();
        return true;
      case 0x94:
        memorize_next();
        return true;
      case 'h':
        recall(input_.byte());
        return true;
      case 'j':
        recall(input_.integer(4));
        return true;
      case '0':
        pop();
        return true;
      default:
        return false;
    }
  }

  bool handle_object(std::uint8_t opcode) {
    switch (opcode) {
      case 0x80:
        require_protocol(input_.byte());
        return true;
      case 0x95:
        input_.integer(8);
        return true;  // frame: a hint for buffering
      case 'c':
        push_global_of_lines();
        return true;
      case 0x93:
        push_global_of_stack();
        return true;
      case 'R':
      case 0x81:
        reduce();
        return true;
      case 'b':
        build();
        return true;
      case 'Q':
        push(find_storage(graph_, tuple(pop()), input_));
        return true;
      case '.':
        stopped_ = true;
        return true;
      default:
        return false;
    }
  }

  void require_protocol(int protocol) const {
    if (protocol < 2 || protocol > 5)
      input_.fail(fmt::format("pickle protocol {} is not understood (2 to 5 are)", protocol));
  }

  std::int64_t long_integer(std::uint64_t bytes) {
    if (bytes > 8) input_.fail(fmt::format("an integer of {} bytes does not fit into 64 bits", bytes));
    if (bytes == 0) return 0;
    const int unused_bits = 64 - 8 * static_cast<int>(bytes);
    return static_cast<std::int64_t>(input_.integer(static_cast<int>(bytes)) << unused_bits) >> unused_bits;
  }

  double big_endian_double() {
    std::uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) bits = (bits << 8) | input_.byte();
    return std::bit_cast<double>(bits);
  }

  void push(Node node) {
    if (graph_.nodes.size() == kMostNodes) input_.fail("holds more values than a checkpoint has; damaged?");
    hold(held_by(node));
    graph_.nodes.push_back(std::move(node));
    stack_.push_back(static_cast<NodeId>(graph_.nodes.size() - 1));
  }

  void hold(std::uint64_t count) {
    held_ += count;
    if (held_ > kMostHeld) input_.fail("unfolds to more values than a checkpoint has; damaged?");
  }

  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  NodeId top() const {
    if (stack_.size() <= floor()) input_.fail("takes a value from an empty stack; the file is damaged");
    return stack_.back();
  }

  NodeId pop() {
    const NodeId id = top();
    stack_.pop_back();
    return id;
  }

  std::vector<NodeId> pop_many(std::size_t count) {
    if (stack_.size() - floor() < count) input_.fail("takes values from an empty stack; the file is damaged");
    std::vector<NodeId> items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }

  std::vector<NodeId> pop_to_mark() {
    if (marks_.empty()) input_.fail("ends a group that never began; the file is damaged");
    std::vector<NodeId> items = pop_many(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }

  template <class Wanted>
  Wanted& get(NodeId id, std::string_view wanted) {
    Wanted* value = std::get_if<Wanted>(&graph_.nodes[id]);
    if (value == nullptr) input_.fail(fmt::format("{} was expected; the file is damaged", wanted));
    return *value;
  }

  std::vector<NodeId> tuple(NodeId id) { return get<TupleNode>(id, "a tuple").items; }

  void memorize_next() {
    const std::uint64_t key = memo_.size();
    memo_[key] = top();
  }

  void recall(std::uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end())
      input_.fail(fmt::format("refers to memo {} that was never stored; the file is damaged", key));
    stack_.push_back(found->second);
  }

  void append(const std::vector<NodeId>& items) {
    hold(items.size());
    auto& list = get<ListNode>(top(), "a list").items;
    list.insert(list.end(), items.begin(), items.end());
  }

  void set_items(const std::vector<NodeId>& items) {
    if (items.size() % 2 != 0) input_.fail("a dict has a key without a value; the file is damaged");
    hold(items.size() / 2);
    auto& dict = get<DictNode>(top(), "a dict").items;
    for (std::size_t i = 0; i < items.size(); i += 2) dict.emplace_back(items[i], items[i + 1]);
  }

  void push_global_of_lines() {
    const std::string module = input_.line();
    push_global(module, input_.line());
  }

  void push_global_of_stack() {
    const std::vector<NodeId> names = pop_many(2);
    push_global(get<std::string>(names[0], "a module's name"), get<std::string>(names[1], "a global's name"));
  }

  // By value: pushing moves the nodes that the names may live in.
  void push_global(std::string module, std::string name) {
    const auto global = find_global(module, name);
    if (!global) {
      input_.fail(fmt::format(
          "refers to \"{}.{}\", which is not plain data. Nothing was run. If the file is to be trusted, load it "
          "in Python and save its state_dict() alone",
          module,
          name));
    }
    push(*global);
  }

  void reduce() {
    const std::vector<NodeId> arguments = tuple(pop());
    hold(arguments.size());
    const GlobalNode global = get<GlobalNode>(pop(), "a function");
    push(call(graph_, global, arguments, input_));
  }

  /// State set on an object: an argparse.Namespace gets its entries; the `_metadata` of an OrderedDict and a numpy
  /// type's flags say nothing that is needed.
  void build() {
    const NodeId state = pop();
    const auto* dict = std::get_if<DictNode>(&graph_.nodes[top()]);
    const bool has_state =
        dict != nullptr ? dict->kind != DictKind::kPlain : std::holds_alternative<NumpyDtypeNode>(graph_.nodes[top()]);
    if (!has_state)
      input_.fail("sets the state of a value that has none; the file is damaged or holds program objects");
    if (dict == nullptr || dict->kind == DictKind::kOrdered) return;
    hold(get<DictNode>(state, "a dict").items.size());
    const auto entries = get<DictNode>(state, "a dict").items;
    auto& target = get<DictNode>(top(), "a dict").items;
    target.insert(target.end(), entries.begin(), entries.end());
  }

  PickleInput& input_;
  PickleGraph graph_;
  std::vector<NodeId> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, NodeId> memo_;
  std::uint64_t steps_ = 0;
  std::uint64_t held_ = 0;
  bool stopped_ = false;
};

}  // namespace

PickleGraph read_pickle(PickleInput& input) {
  return Machine(input).run();
}

}  // namespace understudy::pickle
