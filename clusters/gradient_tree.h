#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace understudy {

/// A rank's share of a global batch: micro-batches begin ... begin + count - 1.
struct MicroBatchRun {
  std::int64_t begin = 0;
  std::int64_t count = 0;
  bool operator==(const MicroBatchRun&) const = default;
};

/// Contiguous runs in rank order whose lengths differ by at most one, the longer ones first.
/// @throws ConfigError  when there are more ranks than micro-batches; the message names the numbers of ranks that fit
std::vector<MicroBatchRun> plan_micro_batches(std::int64_t micro_batches, std::int64_t world_size);

/// A node of the fixed binary tree over M micro-batches. Level 0 holds the micro-batches, node i of level l + 1 is the
/// sum of nodes 2i and 2i + 1 of level l, or node 2i alone where 2i + 1 does not exist. The last level holds the root.
struct TreeNode {
  int level = 0;
  std::int64_t index = 0;
  bool operator==(const TreeNode&) const = default;
};

/// The largest complete nodes inside one rank's run, from left to right: what that rank can add up alone.
std::vector<TreeNode> complete_nodes(std::int64_t micro_batches, MicroBatchRun run);

/// Adds lists of tensors along the tree as they arrive from left to right and keeps only the largest complete nodes,
/// about 2 log2(M) lists at most. Sums are formed in place, in the left list, so the lists given away must not share
/// memory with anything in use. An undefined tensor counts as zeros; where both are undefined the sum stays undefined.
class TreeSum {
 public:
  /// One part of the sum.
  struct Part {
    TreeNode node;
    std::vector<at::Tensor> values;
  };

  explicit TreeSum(std::int64_t micro_batches);
  /// @pre  `node` begins where the previous one ended, and no list has another length than the first
  void add(TreeNode node, std::vector<at::Tensor> values);
  const std::vector<Part>& parts() const { return parts_; }
  /// Hands the parts over and starts anew.
  std::vector<Part> take();

 private:
  void settle();

  std::int64_t micro_batches_;
  std::vector<Part> parts_;
};

}  // namespace understudy
