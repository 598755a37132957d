#pragma once

#include <ATen/core/Tensor.h>

namespace understudy {

/// Brings one player's gradients of all micro-batches of all ranks together. The trainer calls, in every iteration,
/// before_backward and after_backward around each backward pass of this rank's run and finish once at the end; the
/// player's parameters hold no gradient when an iteration begins.
class GradientExchange {
 public:
  virtual ~GradientExchange() = default;
  /// @param loss  what the backward pass starts from
  virtual void before_backward(const at::Tensor& loss) = 0;
  virtual void after_backward() = 0;
  /// Collective. Leaves in every parameter the mean gradient over all micro-batches, the same bits on every rank; a
  /// parameter that no micro-batch of any rank used is left without gradient. @throws ClusterError
  virtual void finish() = 0;
};

}  // namespace understudy
