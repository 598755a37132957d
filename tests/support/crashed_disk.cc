#include "tests/support/crashed_disk.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace understudy {
namespace {

namespace fs = std::filesystem;
using Kind = FileStep::Kind;

constexpr int kRoot = 0;
constexpr std::size_t kAllSubsets = 7;      // of so many changes
constexpr std::size_t kSubsetSample = 150;  // of more

}  // namespace

CrashedDisk::CrashedDisk(fs::path root) : root_(std::move(root)) {
  add(Node::Kind::kFolder, "");
}

int CrashedDisk::add(Node::Kind kind, const std::string& contents) {
  nodes_.push_back({kind, contents, {}, {}, {}});
  return static_cast<int>(nodes_.size()) - 1;
}

int CrashedDisk::node_at(const fs::path& path) const {
  int node = kRoot;
  const fs::path below = path.lexically_relative(root_);
  if (below == ".") return node;
  for (const fs::path& part : below) {
    const auto found = nodes_[static_cast<std::size_t>(node)].now.find(part.string());
    if (found == nodes_[static_cast<std::size_t>(node)].now.end()) return -1;
    node = found->second;
  }
  return node;
}

CrashedDisk::Name CrashedDisk::name_at(const fs::path& path, int node) const {
  const int folder = node_at(path.parent_path());
  if (folder < 0) throw std::runtime_error(path.string() + ": the recorded step has no folder");
  return {folder, path.filename().string(), node};
}

void CrashedDisk::change(Change change) {
  for (const Name& part : change) {
    Names& now = nodes_[static_cast<std::size_t>(part.folder)].now;
    if (part.node < 0) {
      now.erase(part.name);
    } else {
      now[part.name] = part.node;
    }
  }
  changes_.push_back(std::move(change));
}

void CrashedDisk::apply(const FileStep& step) {
  switch (step.kind) {
    case Kind::kCreate:
    case Kind::kAppend: {
      int number = node_at(step.path);
      if (number < 0) {
        number = add(Node::Kind::kFile, "");
        change({name_at(step.path, number)});
      }
      Node& node = nodes_[static_cast<std::size_t>(number)];
      if (step.kind == Kind::kCreate) {
        node.contents.clear();
        node.unsynced.clear();
      }
      opened_[step.file] = number;
      break;
    }
    case Kind::kWrite:
      nodes_[static_cast<std::size_t>(opened_.at(step.file))].unsynced.push_back(step.bytes);
      break;
    case Kind::kSync: {
      Node& node = nodes_[static_cast<std::size_t>(opened_.at(step.file))];
      node.contents = contents_after(node, {});
      node.unsynced.clear();
      break;
    }
    case Kind::kClose:
      break;  // keeps nothing from being lost
    case Kind::kFolder:
      change({name_at(step.path, add(Node::Kind::kFolder, ""))});
      break;
    case Kind::kRename:
      change({name_at(step.path, -1), name_at(step.other, node_at(step.path))});
      break;
    case Kind::kExchange:
      change({name_at(step.path, node_at(step.other)), name_at(step.other, node_at(step.path))});
      break;
    case Kind::kLink:
      change({name_at(step.other, node_at(step.path))});
      break;
    case Kind::kSymlink:
      change({name_at(step.other, add(Node::Kind::kLink, step.path.string()))});
      break;
    case Kind::kRemove:
      change({name_at(step.path, -1)});
      break;
    case Kind::kSyncFolder: {
      const int folder = node_at(step.path);
      const auto touches = [folder](const Change& open) {
        return std::any_of(open.begin(), open.end(), [folder](const Name& part) { return part.folder == folder; });
      };
      std::vector<bool> arrived;
      for (const Change& open : changes_) arrived.push_back(touches(open));
      const std::vector<Names> names = names_after(arrived);
      for (std::size_t i = 0; i < names.size(); ++i) nodes_[i].durable = names[i];
      std::erase_if(changes_, touches);
      break;
    }
  }
}

std::vector<CrashedDisk::Names> CrashedDisk::names_after(const std::vector<bool>& arrived) const {
  std::vector<Names> names;
  for (const Node& node : nodes_) names.push_back(node.durable);
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    if (!arrived[i]) continue;
    for (const Name& part : changes_[i]) {
      Names& folder = names[static_cast<std::size_t>(part.folder)];
      if (part.node < 0) {
        folder.erase(part.name);
      } else {
        folder[part.name] = part.node;
      }
    }
  }
  return names;
}

std::string CrashedDisk::contents_after(const Node& node, const DataArrival& data) {
  std::string written;
  for (std::size_t i = 0; i < node.unsynced.size(); ++i)
    written += i == data.missing ? std::string(node.unsynced[i].size(), '\0') : node.unsynced[i];
  if (data.bytes < written.size()) {
    const std::size_t length = data.length ? written.size() : data.bytes;
    written.resize(data.bytes);
    written.resize(length, '\0');
  }
  return node.contents + written;
}

std::size_t CrashedDisk::open_bytes() const {
  std::size_t most = 0;
  for (const Node& node : nodes_) most = std::max(most, contents_after(node, {}).size() - node.contents.size());
  return most;
}

std::size_t CrashedDisk::open_writes() const {
  std::size_t most = 0;
  for (const Node& node : nodes_) most = std::max(most, node.unsynced.size());
  return most;
}

template <class Visit>
void CrashedDisk::walk(const std::vector<Names>& names, int folder, const fs::path& at, const Visit& visit) const {
  for (const auto& [name, number] : names[static_cast<std::size_t>(folder)]) {
    const Node& node = nodes_[static_cast<std::size_t>(number)];
    visit(at / name, node);
    if (node.kind == Node::Kind::kFolder) walk(names, number, at / name, visit);
  }
}

std::string CrashedDisk::describe(const std::vector<bool>& arrived, const DataArrival& data) const {
  std::string text;
  walk(names_after(arrived), kRoot, "", [&](const fs::path& path, const Node& node) {
    text += path.string() + " " + std::to_string(static_cast<int>(node.kind)) + " ";
    text += node.kind == Node::Kind::kFile ? contents_after(node, data) : node.contents;
    text += '\n';
  });
  return text;
}

void CrashedDisk::build(const fs::path& at, const std::vector<bool>& arrived, const DataArrival& data) const {
  fs::create_directory(at);
  walk(names_after(arrived), kRoot, at, [&](const fs::path& path, const Node& node) {
    switch (node.kind) {
      case Node::Kind::kFolder:
        fs::create_directory(path);
        break;
      case Node::Kind::kLink:
        fs::create_symlink(node.contents, path);
        break;
      case Node::Kind::kFile:
        std::ofstream(path, std::ios::binary) << contents_after(node, data);
        break;
    }
  });
}

std::vector<std::vector<bool>> name_arrivals(std::size_t changes, std::mt19937& random) {
  std::vector<std::vector<bool>> found;
  if (changes <= kAllSubsets) {
    for (std::size_t bits = 0; bits < (std::size_t{1} << changes); ++bits) {
      std::vector<bool>& choice = found.emplace_back(changes);
      for (std::size_t i = 0; i < changes; ++i) choice[i] = ((bits >> i) & 1U) != 0;
    }
    return found;
  }
  for (std::size_t one = 0; one < changes; ++one) {
    found.emplace_back(changes, false)[one] = true;
    found.emplace_back(changes, true)[one] = false;
  }
  found.emplace_back(changes, false);
  found.emplace_back(changes, true);
  while (found.size() < kSubsetSample) {
    std::vector<bool>& choice = found.emplace_back(changes);
    for (std::size_t i = 0; i < changes; ++i) choice[i] = (random() & 1U) != 0;
  }
  return found;
}

std::vector<DataArrival> some_arrivals(const CrashedDisk& disk) {
  const std::size_t bytes = disk.open_bytes();
  std::vector<DataArrival> found = {{}, {.bytes = 0}, {.bytes = bytes / 2}, {.bytes = 0, .length = true}};
  for (std::size_t write = 0; write < disk.open_writes(); ++write) found.push_back({.missing = write});
  return found;
}

std::vector<DataArrival> every_arrival(const CrashedDisk& disk, std::size_t stride) {
  std::vector<DataArrival> found = some_arrivals(disk);
  for (std::size_t bytes = 0; bytes < disk.open_bytes(); bytes += stride) {
    found.push_back({.bytes = bytes});
    found.push_back({.bytes = bytes, .length = true});
  }
  return found;
}

}  // namespace understudy
