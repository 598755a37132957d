#include "tests/clusters/ordered_reference.h"

#include <cmath>
#include <cstring>

#include <ATen/ATen.h>

#include "common/philox.h"

namespace understudy {
namespace {

const std::vector<std::vector<std::int64_t>>& shapes() {
  static const std::vector<std::vector<std::int64_t>> kShapes{{3, 5}, {4}, {1}, {2, 3, 2}, {17}};
  return kShapes;
}

bool is_absent(std::int64_t index, std::size_t parameter) {
  return parameter == 1 || (parameter == 3 && index % 2 == 0);
}

template <class T>
std::vector<T> values_of(const at::Tensor& tensor, std::int64_t count) {
  std::vector<T> values(static_cast<std::size_t>(count), T{0});
  if (tensor.defined()) std::memcpy(values.data(), tensor.data_ptr(), values.size() * sizeof(T));
  return values;
}

template <class T>
T tree_sum(std::vector<T> level) {
  while (level.size() > 1) {
    std::vector<T> next;
    for (std::size_t i = 0; i < level.size(); i += 2) {
      next.push_back(i + 1 < level.size() ? level[i] + level[i + 1] : level[i]);
    }
    level = next;
  }
  return level.front();
}

template <class T>
T left_to_right_sum(const std::vector<T>& values) {
  T sum = values.front();
  for (std::size_t i = 1; i < values.size(); ++i) sum = sum + values[i];
  return sum;
}

template <class T, class Sum>
std::vector<at::Tensor> mean_by(std::int64_t micro_batches, at::ScalarType type, const Sum& sum) {
  std::vector<at::Tensor> means;
  for (std::size_t parameter = 0; parameter < shapes().size(); ++parameter) {
    const at::Tensor mean = at::empty(shapes()[parameter], type);
    std::vector<std::vector<T>> all;
    bool used = false;
    for (std::int64_t i = 0; i < micro_batches; ++i) {
      all.push_back(values_of<T>(difficult_gradients(i, type)[parameter], mean.numel()));
      used = used || !is_absent(i, parameter);
    }
    for (std::int64_t element = 0; element < mean.numel(); ++element) {
      std::vector<T> column;
      for (const auto& row : all) column.push_back(row[static_cast<std::size_t>(element)]);
      mean.data_ptr<T>()[element] = sum(column) / static_cast<T>(micro_batches);
    }
    means.push_back(used ? mean : at::Tensor());
  }
  return means;
}

}  // namespace

std::vector<at::Tensor> difficult_parameters(at::ScalarType type) {
  std::vector<at::Tensor> parameters;
  for (const auto& shape : shapes()) parameters.push_back(at::zeros(shape, type));
  return parameters;
}

std::vector<at::Tensor> difficult_gradients(std::int64_t index, at::ScalarType type) {
  std::vector<at::Tensor> gradients;
  for (std::size_t parameter = 0; parameter < shapes().size(); ++parameter) {
    Draws draws(7, Purpose::kTest, static_cast<std::uint64_t>(index), static_cast<std::uint16_t>(parameter));
    const at::Tensor values = at::empty(shapes()[parameter], at::kDouble);
    for (std::int64_t i = 0; i < values.numel(); ++i) {
      values.data_ptr<double>()[i] = draws.normal() * std::exp2(draws.uniform(-12.0, 12.0));
    }
    gradients.push_back(is_absent(index, parameter) ? at::Tensor() : values.to(type));
  }
  return gradients;
}

std::vector<at::Tensor> reference_mean(std::int64_t micro_batches, at::ScalarType type) {
  if (type == at::kDouble) return mean_by<double>(micro_batches, type, &tree_sum<double>);
  return mean_by<float>(micro_batches, type, &tree_sum<float>);
}

std::vector<at::Tensor> left_to_right_mean(std::int64_t micro_batches, at::ScalarType type) {
  if (type == at::kDouble) return mean_by<double>(micro_batches, type, &left_to_right_sum<double>);
  return mean_by<float>(micro_batches, type, &left_to_right_sum<float>);
}

bool same_bits(const std::vector<at::Tensor>& left, const std::vector<at::Tensor>& right) {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i].defined() != right[i].defined()) return false;
    if (!left[i].defined()) continue;
    if (left[i].sizes() != right[i].sizes() || left[i].scalar_type() != right[i].scalar_type()) return false;
    if (std::memcmp(left[i].data_ptr(), right[i].data_ptr(), left[i].nbytes()) != 0) return false;
  }
  return true;
}

}  // namespace understudy
