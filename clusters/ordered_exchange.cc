#include "clusters/ordered_exchange.h"

#include <utility>

#include <ATen/ATen.h>

namespace understudy {
namespace {

/// Autograd may leave two gradients in one storage (views of one result); sums in place need memory of their own.
at::Tensor owned(at::Tensor gradient) {
  if (!gradient.defined() || gradient.storage().use_count() == 1) return gradient;
  return gradient.clone(at::MemoryFormat::Contiguous);
}

}  // namespace

OrderedExchange::OrderedExchange(SliceTransport& transport,
                                 std::int64_t micro_batches,
                                 std::vector<at::Tensor> parameters,
                                 std::string player)
    : parameters_(std::move(parameters)), mean_(transport, micro_batches, parameters_, std::move(player)) {}

void OrderedExchange::before_backward(const at::Tensor&) {}

void OrderedExchange::after_backward() {
  std::vector<at::Tensor> gradients;
  for (at::Tensor& parameter : parameters_) {
    gradients.push_back(owned(std::exchange(parameter.mutable_grad(), at::Tensor())));
  }
  mean_.add(std::move(gradients));
}

void OrderedExchange::finish() {
  std::vector<at::Tensor> means = mean_.finish();
  for (std::size_t i = 0; i < means.size(); ++i) parameters_[i].mutable_grad() = std::move(means[i]);
}

}  // namespace understudy
