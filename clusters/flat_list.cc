#include "clusters/flat_list.h"

#include <algorithm>
#include <cassert>

#include <ATen/ATen.h>

namespace understudy {

FlatList::FlatList(const std::vector<at::Tensor>& tensors, const std::vector<std::int64_t>& sizes) {
  assert(tensors.size() == sizes.size());
  std::int64_t end = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    rows_.push_back(tensors[i].defined() ? tensors[i].view({-1}) : at::Tensor());
    end += sizes[i];
    ends_.push_back(end);
  }
}

template <class Action>
void FlatList::for_each_overlap(std::int64_t begin, std::int64_t length, const Action& action) const {
  const std::int64_t end = begin + length;
  auto row = static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), begin) - ends_.begin());
  for (std::int64_t at = begin; at < end; ++row) {
    const std::int64_t row_begin = row == 0 ? 0 : ends_[row - 1];
    const std::int64_t stop = std::min(end, ends_[row]);
    if (stop > at) action(rows_[row], at - row_begin, at - begin, stop - at);
    at = stop;
  }
}

void FlatList::read(std::int64_t begin, const at::Tensor& out) const {
  for_each_overlap(begin, out.size(0), [&](const at::Tensor& row, std::int64_t from, std::int64_t to, std::int64_t n) {
    if (row.defined()) {
      out.narrow(0, to, n).copy_(row.narrow(0, from, n));
    } else {
      out.narrow(0, to, n).zero_();
    }
  });
}

void FlatList::write(std::int64_t begin, const at::Tensor& values) {
  for_each_overlap(
      begin, values.size(0), [&](const at::Tensor& row, std::int64_t to, std::int64_t from, std::int64_t n) {
        row.narrow(0, to, n).copy_(values.narrow(0, from, n));
      });
}

}  // namespace understudy
