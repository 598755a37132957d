#include "losses/identity_error.h"

#include <cstdint>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/eye.h>

#include "losses/shape_check.h"

namespace understudy {

at::Tensor identity_error(const at::Tensor& references, const at::Tensor& reenacted) {
  require_shape(references.dim() == 3 && references.size(0) >= 2 && references.size(1) >= 1,
                references,
                "[N, M, d] with N >= 2 and M >= 1",
                "identity error, references");
  const std::int64_t persons = references.size(0);
  require_shape(reenacted.dim() == 4 && reenacted.size(0) == persons && reenacted.size(1) == persons &&
                    reenacted.size(2) >= 1 && reenacted.size(3) == references.size(2),
                reenacted,
                "[N, N, J, d] with the references' N and d",
                "identity error, reenacted frames");
  const at::NoGradGuard no_grad;
  const at::Tensor reference = references.to(at::kDouble).mean(1);
  const at::Tensor driven = reenacted.to(at::kDouble).mean(2);
  const at::Tensor similarity = (reference.unsqueeze(1) * driven).sum(2);
  const at::Tensor themselves = at::eye(persons, similarity.options().dtype(at::kBool));
  return 1 - similarity.masked_fill(themselves, 0).sum() / static_cast<double>(persons * (persons - 1));
}

at::Tensor person_identity_error(const at::Tensor& references, const at::Tensor& reenacted) {
  require_shape(
      references.dim() == 2 && references.size(0) >= 1, references, "[M, d] with M >= 1", "identity error, references");
  require_shape(reenacted.dim() == 2 && reenacted.size(0) >= 1 && reenacted.size(1) == references.size(1),
                reenacted,
                "[J, d] with J >= 1 and the references' d",
                "identity error, reenacted frames");
  const at::NoGradGuard no_grad;
  return 1 - (references.to(at::kDouble).mean(0) * reenacted.to(at::kDouble).mean(0)).sum();
}

}  // namespace understudy
