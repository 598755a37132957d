#pragma once

#include <c10/core/DeviceType.h>

namespace understudy {

/// What products, convolutions and attention of a scope compute in.
enum class Products {
  kAsGiven,   ///< the number type of their operands
  kBfloat16,  ///< bfloat16 copies of float32 operands, sums in float32, results in bfloat16
};

/// Settles the products of this thread on one kind of device while it lives (torch's autocast). Scopes nest, the inner
/// one decides. The outermost drops its bfloat16 copies of weights: the next optimiser step makes them stale, and a
/// copy made while gradients were off has no graph, so passes with and without gradient need outermost scopes of their
/// own. Backward passes belong outside.
class ProductsScope {
 public:
  ProductsScope(c10::DeviceType device, Products products);
  ~ProductsScope();
  ProductsScope(const ProductsScope&) = delete;
  ProductsScope& operator=(const ProductsScope&) = delete;

 private:
  c10::DeviceType device_;
  bool enabled_before_;
};

}  // namespace understudy
