#include "losses/feature_distance.h"

#include <ATen/TensorOperators.h>
#include <c10/util/StringUtil.h>

#include "common/errors.h"
#include "losses/shape_check.h"

namespace understudy {

at::Tensor feature_distance(std::span<const at::Tensor> a,
                            std::span<const at::Tensor> b,
                            std::span<const double> weights,
                            std::string_view loss) {
  if (a.empty() || a.size() != b.size() || a.size() != weights.size()) {
    throw ShapeError(c10::str(loss,
                              ": needs one weight and two feature maps a layer, was given ",
                              weights.size(),
                              " weights, ",
                              a.size(),
                              " and ",
                              b.size(),
                              " maps"));
  }
  at::Tensor sum;
  for (std::size_t i = 0; i < a.size(); ++i) {
    require_same_shape(a[i], b[i], loss);
    const at::Tensor term = (a[i] - b[i]).abs().mean() * weights[i];
    sum = sum.defined() ? sum + term : term;
  }
  return sum;
}

std::vector<at::Tensor> detached(std::span<const at::Tensor> maps) {
  std::vector<at::Tensor> constants;
  constants.reserve(maps.size());
  for (const at::Tensor& map : maps) constants.push_back(map.detach());
  return constants;
}

}  // namespace understudy
