#include "clusters/ordered_mean.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

std::size_t as_index(int rank) {
  return static_cast<std::size_t>(rank);
}

/// The entries of `list` whose flag is set.
template <class T>
std::vector<T> select(const std::vector<T>& list, const std::vector<bool>& flags) {
  std::vector<T> chosen;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (flags[i]) chosen.push_back(list[i]);
  }
  return chosen;
}

std::int64_t element_count(const std::vector<std::int64_t>& shape) {
  return c10::multiply_integers(shape);
}

at::TensorOptions common_options(const std::vector<at::Tensor>& like, const std::string& subject) {
  const at::TensorOptions options = like.empty() ? at::TensorOptions(at::kFloat) : like.front().options();
  for (const at::Tensor& tensor : like) {
    if (tensor.scalar_type() != c10::typeMetaToScalarType(options.dtype()) || tensor.device() != options.device()) {
      throw ShapeError(
          fmt::format("{}: the ordered mean takes tensors of one type on one device, not {} on {} beside {} on {}",
                      subject,
                      c10::toString(tensor.scalar_type()),
                      tensor.device().str(),
                      c10::toString(c10::typeMetaToScalarType(options.dtype())),
                      options.device().str()));
    }
  }
  return options.requires_grad(false);
}

}  // namespace

std::int64_t SliceWindow::begin_of(int rank) const {
  return std::min(begin + rank * slice, total);
}

std::int64_t SliceWindow::length_of(int rank) const {
  return begin_of(rank + 1) - begin_of(rank);
}

OrderedMean::OrderedMean(SliceTransport& transport,
                         std::int64_t micro_batches,
                         const std::vector<at::Tensor>& like,
                         std::string subject,
                         std::int64_t window_bytes)
    : transport_(transport),
      micro_batches_(micro_batches),
      options_(common_options(like, subject)),
      subject_(std::move(subject)),
      window_bytes_(window_bytes),
      sum_(micro_batches) {
  const std::vector<MicroBatchRun> runs = plan_micro_batches(micro_batches, transport.world_size());
  run_ = runs[as_index(transport.rank())];
  for (const MicroBatchRun& run : runs) nodes_.push_back(complete_nodes(micro_batches, run));
  for (const at::Tensor& tensor : like) shapes_.push_back(tensor.sizes().vec());
  check_agreement();
}

void OrderedMean::check_agreement() {
  const int world_size = transport_.world_size();
  if (world_size == 1) return;
  std::int64_t elements = 0;
  for (const auto& shape : shapes_) elements += element_count(shape);
  const auto type = static_cast<std::int64_t>(c10::typeMetaToScalarType(options_.dtype()));
  const std::vector<std::int64_t> facts{std::ssize(shapes_), elements, type, micro_batches_};
  const at::Tensor own = at::tensor(facts, at::kLong).to(options_.device());
  std::vector<Slice> sends;
  std::vector<Slice> receives;
  for (int rank = 0; rank < world_size; ++rank) {
    sends.push_back({rank, own});
    receives.push_back({rank, at::empty_like(own)});
  }
  transport_.exchange(sends, receives, subject_ + ": compare the tensors to average");
  for (const Slice& slice : receives) {
    if (slice.values.equal(own)) continue;
    throw ClusterError(fmt::format(
        "{}: rank {} averages {} tensors, {} elements, type {}, over {} micro-batches, but rank {} {} tensors, {} "
        "elements, type {}, over {}; all ranks must run the same program and configuration",
        subject_,
        transport_.rank(),
        facts[0],
        facts[1],
        facts[2],
        facts[3],
        slice.peer,
        slice.values[0].item<std::int64_t>(),
        slice.values[1].item<std::int64_t>(),
        slice.values[2].item<std::int64_t>(),
        slice.values[3].item<std::int64_t>()));
  }
}

void OrderedMean::add(std::vector<at::Tensor> values) {
  if (added_ == run_.count || values.size() != shapes_.size()) {
    throw ShapeError(fmt::format("{}: micro-batch {} of {} brings {} tensors instead of {}",
                                 subject_,
                                 added_ + 1,
                                 run_.count,
                                 values.size(),
                                 shapes_.size()));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i].defined()) continue;
    if (values[i].sizes() != shapes_[i] || values[i].dtype() != options_.dtype()) {
      throw ShapeError(fmt::format("{}: tensor {} came as {} {}, not as {} {}",
                                   subject_,
                                   i,
                                   c10::toString(values[i].scalar_type()),
                                   c10::str(values[i].sizes()),
                                   c10::toString(c10::typeMetaToScalarType(options_.dtype())),
                                   c10::str(at::IntArrayRef(shapes_[i]))));
    }
    values[i] = values[i].detach().contiguous();
  }
  sum_.add({0, run_.begin + added_}, std::move(values));
  ++added_;
}

std::vector<at::Tensor> OrderedMean::finish() {
  if (added_ != run_.count) {
    throw ShapeError(fmt::format("{}: finished after {} of {} micro-batches", subject_, added_, run_.count));
  }
  const at::NoGradGuard no_grad;
  added_ = 0;
  std::vector<TreeSum::Part> parts = sum_.take();
  if (transport_.world_size() > 1) return average_over_ranks(std::move(parts));
  std::vector<at::Tensor> means = std::move(parts.front().values);
  for (at::Tensor& mean : means) {
    if (mean.defined()) mean.div_(micro_batches_);
  }
  return means;
}

std::vector<at::Tensor> OrderedMean::average_over_ranks(std::vector<TreeSum::Part> parts) {
  std::vector<at::Tensor>& means = parts.front().values;
  std::vector<at::Tensor> present(shapes_.size());
  for (const TreeSum::Part& part : parts) {
    for (std::size_t i = 0; i < present.size(); ++i) {
      if (part.values[i].defined()) present[i] = part.values[i];
    }
  }
  const std::vector<bool> used = used_anywhere(present);
  std::vector<std::int64_t> sizes;
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    sizes.push_back(element_count(shapes_[i]));
    if (used[i] && !means[i].defined()) means[i] = at::zeros(shapes_[i], options_);
  }
  sizes = select(sizes, used);
  std::vector<FlatList> own_parts;
  for (const TreeSum::Part& part : parts) own_parts.emplace_back(select(part.values, used), sizes);

  const std::int64_t world_size = transport_.world_size();
  const std::int64_t total = own_parts.front().elements();
  const std::int64_t fitting = window_bytes_ / static_cast<std::int64_t>(options_.dtype().itemsize()) / world_size;
  const std::int64_t slice =
      std::clamp<std::int64_t>((total + world_size - 1) / world_size, 1, std::max<std::int64_t>(fitting, 1));
  for (std::int64_t begin = 0; begin < total; begin += slice * world_size) {
    average_window(own_parts, {begin, slice, total});
  }
  return std::move(means);
}

std::vector<bool> OrderedMean::used_anywhere(const std::vector<at::Tensor>& present) {
  at::Tensor own = at::empty({std::ssize(present)}, at::kByte);
  for (std::int64_t i = 0; i < own.size(0); ++i) own[i] = present[static_cast<std::size_t>(i)].defined() ? 1 : 0;
  own = own.to(options_.device());
  std::vector<Slice> sends;
  std::vector<Slice> receives;
  for (int rank = 0; rank < transport_.world_size(); ++rank) {
    sends.push_back({rank, own});
    receives.push_back({rank, at::empty_like(own)});
  }
  transport_.exchange(sends, receives, subject_ + ": agree on the tensors in use");
  std::vector<bool> used(present.size(), false);
  for (const Slice& slice : receives) {
    const at::Tensor flags = slice.values.cpu();
    for (std::size_t i = 0; i < used.size(); ++i) used[i] = used[i] || flags.data_ptr<std::uint8_t>()[i] != 0;
  }
  return used;
}

void OrderedMean::average_window(std::vector<FlatList>& own_parts, const SliceWindow& window) {
  const at::Tensor slices = receive_slices(own_parts, window);
  const at::Tensor mean = add_in_tree_order(slices).div_(micro_batches_);
  // Every rank has read its parts of this window by now, so the mean may take the place of the first part.
  share_means(mean, own_parts.front(), window);
}

/// @return  [parts of all ranks in tree order, elements of this rank's slice]
at::Tensor OrderedMean::receive_slices(const std::vector<FlatList>& own_parts, const SliceWindow& window) {
  std::int64_t part_count = 0;
  for (const auto& nodes : nodes_) part_count += std::ssize(nodes);
  const at::Tensor slices = at::empty({part_count, window.length_of(transport_.rank())}, options_);
  std::vector<Slice> sends;
  std::vector<Slice> receives;
  std::int64_t row = 0;
  for (int rank = 0; rank < transport_.world_size(); ++rank) {
    for (std::size_t i = 0; i < nodes_[as_index(rank)].size(); ++i) receives.push_back({rank, slices[row++]});
    for (const FlatList& part : own_parts) {
      sends.push_back({rank, at::empty({window.length_of(rank)}, options_)});
      part.read(window.begin_of(rank), sends.back().values);
    }
  }
  transport_.exchange(sends, receives, subject_ + ": exchange slices of the sums");
  return slices;
}

at::Tensor OrderedMean::add_in_tree_order(const at::Tensor& slices) {
  TreeSum sum(micro_batches_);
  std::int64_t row = 0;
  for (const auto& nodes : nodes_) {
    for (const TreeNode& node : nodes) sum.add(node, {slices[row++]});
  }
  return sum.take().front().values.front();
}

void OrderedMean::share_means(const at::Tensor& own, FlatList& means, const SliceWindow& window) {
  std::vector<Slice> sends;
  std::vector<Slice> receives;
  for (int rank = 0; rank < transport_.world_size(); ++rank) {
    sends.push_back({rank, own});
    receives.push_back({rank, at::empty({window.length_of(rank)}, options_)});
  }
  transport_.exchange(sends, receives, subject_ + ": gather slices of the mean");
  for (const Slice& slice : receives) means.write(window.begin_of(slice.peer), slice.values);
}

}  // namespace understudy
