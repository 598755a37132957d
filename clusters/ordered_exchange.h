#pragma once

#include <string>
#include <vector>

#include "clusters/gradient_exchange.h"
#include "clusters/ordered_mean.h"

namespace understudy {

/// `cluster.reduction = "ordered"`: gradients summed in an order that does not depend on the number of ranks.
class OrderedExchange final : public GradientExchange {
 public:
  /// Collective. The transport must outlive the exchange. @throws as OrderedMean
  OrderedExchange(SliceTransport& transport,
                  std::int64_t micro_batches,
                  std::vector<at::Tensor> parameters,
                  std::string player);
  void before_backward(const at::Tensor& loss) override;
  void after_backward() override;
  void finish() override;

 private:
  std::vector<at::Tensor> parameters_;
  OrderedMean mean_;
};

}  // namespace understudy
