#include "losses/embedding_match.h"

#include <ATen/TensorOperators.h>

#include "losses/shape_check.h"

namespace understudy {

at::Tensor embedding_match_loss(const at::Tensor& descriptors, const at::Tensor& embeddings) {
  require_same_shape(descriptors, embeddings, "embedding match loss");
  return (descriptors - embeddings.detach()).abs().mean();
}

}  // namespace understudy
