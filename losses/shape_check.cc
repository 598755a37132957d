#include "losses/shape_check.h"

#include <c10/util/StringUtil.h>

#include "common/errors.h"

namespace understudy {

void require_same_shape(const at::Tensor& a, const at::Tensor& b, std::string_view loss) {
  if (a.sizes() == b.sizes()) return;
  throw ShapeError(c10::str(loss, ": compares tensors of one shape, not ", a.sizes(), " with ", b.sizes()));
}

void require_shape(bool holds, const at::Tensor& tensor, std::string_view expected, std::string_view loss) {
  if (holds) return;
  throw ShapeError(c10::str(loss, ": expects ", expected, ", was given ", tensor.sizes()));
}

}  // namespace understudy
