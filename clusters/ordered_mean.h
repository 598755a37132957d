#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "clusters/flat_list.h"
#include "clusters/gradient_tree.h"
#include "clusters/slice_transport.h"

namespace understudy {

/// A stretch of a flat list, cut into one slice a rank.
struct SliceWindow {
  std::int64_t begin;
  std::int64_t slice;  ///< elements a rank
  std::int64_t total;  ///< elements of the list, at which the last slices are cut

  std::int64_t begin_of(int rank) const;
  std::int64_t length_of(int rank) const;
};

/// Mean of lists of tensors over all micro-batches of all ranks, the same bits for every number of ranks: the lists are
/// added along the fixed tree of clusters/gradient_tree.h and divided once by their number. Every rank adds up the
/// complete nodes of its own run; then rank r gets slice r of every node, adds in tree order and sends the slice of the
/// mean to all. Slices travel in windows, so the extra memory is a few windows. One rank alone communicates nothing.
class OrderedMean {
 public:
  static constexpr std::int64_t kWindowBytes = std::int64_t{16} << 20;

  /// Collective: the ranks compare the tensors' sizes and types.
  /// @param like  tensors of the shapes, type (float32 or float64, one for all) and device to average
  /// @param subject  what is averaged, for error messages
  /// @throws ConfigError  more ranks than micro-batches; @throws ShapeError  types differ; @throws ClusterError
  OrderedMean(SliceTransport& transport,
              std::int64_t micro_batches,
              const std::vector<at::Tensor>& like,
              std::string subject,
              std::int64_t window_bytes = kWindowBytes);

  /// The run of micro-batches of this rank.
  MicroBatchRun run() const { return run_; }
  /// Takes the values of the next micro-batch of this rank's run; they are changed in place later, so their memory must
  /// belong to nobody else. An undefined tensor counts as zeros.
  /// @throws ShapeError  when the shapes are not those of `like` or the run is already complete
  void add(std::vector<at::Tensor> values);
  /// Collective, once all of this rank's run was added; then the next iteration may begin.
  /// @return  the means; undefined where the tensor was undefined in every micro-batch of every rank
  std::vector<at::Tensor> finish();

 private:
  void check_agreement();
  std::vector<bool> used_anywhere(const std::vector<at::Tensor>& merged);
  std::vector<at::Tensor> average_over_ranks(std::vector<TreeSum::Part> parts);
  void average_window(std::vector<FlatList>& own_parts, const SliceWindow& window);
  at::Tensor receive_slices(const std::vector<FlatList>& own_parts, const SliceWindow& window);
  at::Tensor add_in_tree_order(const at::Tensor& slices);
  void share_means(const at::Tensor& own, FlatList& means, const SliceWindow& window);

  SliceTransport& transport_;
  std::int64_t micro_batches_;
  std::vector<std::vector<std::int64_t>> shapes_;
  at::TensorOptions options_;
  std::string subject_;
  std::int64_t window_bytes_;
  MicroBatchRun run_;
  std::vector<std::vector<TreeNode>> nodes_;  ///< of every rank
  TreeSum sum_;
  std::int64_t added_ = 0;
};

}  // namespace understudy
