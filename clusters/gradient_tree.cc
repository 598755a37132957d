#include "clusters/gradient_tree.h"

#include <cassert>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

std::int64_t nodes_at(std::int64_t micro_batches, int level) {
  const std::int64_t width = std::int64_t{1} << level;
  return (micro_batches + width - 1) / width;
}

bool is_left_sibling(const TreeNode& left, const TreeNode& right) {
  return left.level == right.level && right.index % 2 == 1 && left.index == right.index - 1;
}

/// A left node without right sibling stands for its parent too.
bool stands_for_parent(const TreeNode& node, std::int64_t micro_batches) {
  const std::int64_t nodes = nodes_at(micro_batches, node.level);
  return nodes > 1 && node.index % 2 == 0 && node.index == nodes - 1;
}

TreeNode parent(const TreeNode& node) {
  return {node.level + 1, node.index / 2};
}

void add_tensor(at::Tensor& left, const at::Tensor& right) {
  if (!left.defined() && !right.defined()) return;
  // Zeros are really added, so that an absent gradient gives the bits of zeros: -0 + 0 is +0.
  if (!left.defined()) left = at::zeros_like(right);
  left.add_(right.defined() ? right : at::zeros_like(left));
}

void add_values(std::vector<at::Tensor>& left, const std::vector<at::Tensor>& right) {
  assert(left.size() == right.size());
  for (std::size_t i = 0; i < left.size(); ++i) add_tensor(left[i], right[i]);
}

}  // namespace

std::vector<MicroBatchRun> plan_micro_batches(std::int64_t micro_batches, std::int64_t world_size) {
  if (micro_batches < 1 || world_size < 1 || world_size > micro_batches) {
    throw ConfigError(
        fmt::format("{} ranks cannot share {} micro-batches: each rank needs at least one; use 1 to {} ranks, or make "
                    "batch.micro_batch smaller or batch.global_batch larger",
                    world_size,
                    micro_batches,
                    micro_batches));
  }
  std::vector<MicroBatchRun> runs;
  std::int64_t begin = 0;
  for (std::int64_t rank = 0; rank < world_size; ++rank) {
    const std::int64_t count = micro_batches / world_size + (rank < micro_batches % world_size ? 1 : 0);
    runs.push_back({begin, count});
    begin += count;
  }
  return runs;
}

std::vector<TreeNode> complete_nodes(std::int64_t micro_batches, MicroBatchRun run) {
  TreeSum sum(micro_batches);
  for (std::int64_t i = run.begin; i < run.begin + run.count; ++i) sum.add({0, i}, {});
  std::vector<TreeNode> nodes;
  for (const TreeSum::Part& part : sum.parts()) nodes.push_back(part.node);
  return nodes;
}

TreeSum::TreeSum(std::int64_t micro_batches) : micro_batches_(micro_batches) {}

void TreeSum::add(TreeNode node, std::vector<at::Tensor> values) {
  const at::NoGradGuard no_grad;
  parts_.push_back({node, std::move(values)});
  settle();
}

void TreeSum::settle() {
  while (true) {
    Part& last = parts_.back();
    if (stands_for_parent(last.node, micro_batches_)) {
      last.node = parent(last.node);
    } else if (parts_.size() > 1 && is_left_sibling(parts_[parts_.size() - 2].node, last.node)) {
      Part& left = parts_[parts_.size() - 2];
      add_values(left.values, last.values);
      left.node = parent(left.node);
      parts_.pop_back();
    } else {
      return;
    }
  }
}

std::vector<TreeSum::Part> TreeSum::take() {
  return std::exchange(parts_, {});
}

}  // namespace understudy
