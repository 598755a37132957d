#pragma once

namespace understudy {

/// The order of operations in which a network computes the same function. They agree to rounding, not to the bit; where
/// a ReLU's input lies within rounding of zero the gradients of the two differ in a few entries.
enum class Arithmetic {
  kFast,   ///< fused attention, the fastest matrix product, constant channels once a picture
  kPlain,  ///< layer by layer as the published code: on the same CPU its forward pass to the bit
};

}  // namespace understudy
