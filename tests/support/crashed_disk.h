#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/support/recorded_files.h"

namespace understudy {

/// What a loss of power leaves of bytes that were written to files and not synced. Nothing given: all of them.
struct DataArrival {
  std::size_t bytes = std::string::npos;    ///< so many of each file's arrived, in order
  bool length = false;                      ///< the others read as zeros: sizes go to disk before contents
  std::size_t missing = std::string::npos;  ///< the write of this number did not arrive, though later ones did
};

/// What a disk may hold of a folder after a loss of power, by the promises of POSIX alone: contents are safe once the
/// file was synced, names once their folder was, and until then each change of a name may or may not have arrived,
/// whatever the others did. A rename arrives whole or not at all.
class CrashedDisk {
 public:
  /// @param root  an empty folder that is there for good; steps elsewhere are not understood
  explicit CrashedDisk(std::filesystem::path root);

  /// One more step that the program took.
  void apply(const FileStep& step);

  /// Changes of names that are not durable, in their order.
  std::size_t open_changes() const { return changes_.size(); }

  /// Most bytes, and most writes, that any file has not synced.
  std::size_t open_bytes() const;
  std::size_t open_writes() const;

  /// The tree as text, with one line a file, link or folder. @param arrived  one for each open change
  std::string describe(const std::vector<bool>& arrived, const DataArrival& data) const;
  /// The same as files. @param at  a folder that does not exist
  void build(const std::filesystem::path& at, const std::vector<bool>& arrived, const DataArrival& data) const;

 private:
  using Names = std::map<std::string, int>;
  struct Node {
    enum class Kind { kFile, kFolder, kLink } kind;
    std::string contents;               ///< durable; of a link: where it leads
    std::vector<std::string> unsynced;  ///< writes
    Names now;                          ///< of a folder, as the program sees it
    Names durable;
  };
  struct Name {
    int folder;
    std::string name;
    int node;  ///< -1: removed
  };
  using Change = std::vector<Name>;

  int node_at(const std::filesystem::path& path) const;
  Name name_at(const std::filesystem::path& path, int node) const;
  int add(Node::Kind kind, const std::string& contents);
  void change(Change change);
  std::vector<Names> names_after(const std::vector<bool>& arrived) const;
  static std::string contents_after(const Node& node, const DataArrival& data);
  template <class Visit>
  void walk(const std::vector<Names>& names, int folder, const std::filesystem::path& at, const Visit& visit) const;

  std::filesystem::path root_;
  std::vector<Node> nodes_;
  std::vector<Change> changes_;
  std::map<int, int> opened_;  ///< number of an opened file -> node
};

/// Which of so many open changes may have arrived: every subset of a few, of more a sample.
std::vector<std::vector<bool>> name_arrivals(std::size_t changes, std::mt19937& random);
/// Everything, nothing, half, sizes alone, and all but one write.
std::vector<DataArrival> some_arrivals(const CrashedDisk& disk);
/// Those, and every `stride`-th number of bytes.
std::vector<DataArrival> every_arrival(const CrashedDisk& disk, std::size_t stride);

}  // namespace understudy
