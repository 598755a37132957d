#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "clusters/device_group.h"
#include "clusters/gradient_exchange.h"

namespace understudy {

struct FastOptions {
  std::int64_t first_bucket_bytes = std::int64_t{1} << 20;  ///< small, so that the first collective starts early
  std::int64_t bucket_bytes = std::int64_t{25} << 20;
  bool find_unused_parameters =
      false;  ///< allow micro-batches that leave parameters unused, at the cost of a graph walk
};

/// `cluster.reduction = "fast"`: gradients reduced in buckets while the backward pass still runs (c10d::Reducer, what
/// DistributedDataParallel uses). Buckets follow from the parameter list alone and are never rebuilt, so a resumed run
/// repeats the bits of an uninterrupted one; another number of ranks gives other roundings.
class FastExchange final : public GradientExchange {
 public:
  /// Collective. `group` must outlive the exchange.
  /// @param parameters  the same list on all ranks, all requiring gradients
  /// @throws ConfigError  more ranks than micro-batches
  FastExchange(DeviceGroup& group,
               std::int64_t micro_batches,
               std::vector<at::Tensor> parameters,
               std::string player,
               FastOptions options = {});
  ~FastExchange() override;

  void before_backward(const at::Tensor& loss) override;
  void after_backward() override;
  void finish() override;
  /// Parameter numbers of each bucket, in the order of reduction.
  const std::vector<std::vector<std::size_t>>& buckets() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace understudy
