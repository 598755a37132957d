#include "clusters/fast_exchange.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/csrc/distributed/c10d/reducer.hpp>
#include <torch/version.h>

#include "clusters/gradient_tree.h"
#include "clusters/mpi_backend.h"
#include "common/errors.h"

namespace understudy {
namespace {

/// Reducer whose buckets stay as given. The base class would note the order in which gradients arrive, for ever when
/// nobody asks it to rebuild its buckets. Its constructor gained arguments without defaults in torch 2.8 and 2.11.
class FixedReducer final : public c10d::Reducer {
 public:
  FixedReducer(const std::vector<at::Tensor>& parameters,
               const std::vector<std::vector<std::size_t>>& buckets,
               const c10::intrusive_ptr<c10d::ProcessGroup>& group,
               const FastOptions& options)
      : Reducer(parameters,
                buckets,
                group,
                std::vector<bool>(parameters.size(), false),
                options.bucket_bytes,
                options.find_unused_parameters,
                /*gradient_as_bucket_view=*/false,
                std::unordered_map<std::size_t, std::string>{},
                options.first_bucket_bytes
#if TORCH_VERSION_MINOR >= 8
                ,
                /*skip_all_reduce_unused_params=*/false,
                /*use_python_reducer=*/false
#endif
#if TORCH_VERSION_MINOR >= 11
                ,
                std::vector<std::int64_t>{}
#endif
        ) {
    has_rebuilt_bucket_ = true;
  }
};

/// Buckets from the last parameter to the first, which is about the order in which gradients become ready.
std::vector<std::vector<std::size_t>> assign_buckets(const std::vector<at::Tensor>& parameters,
                                                     const FastOptions& options) {
  const std::vector<at::Tensor> reversed(parameters.rbegin(), parameters.rend());
  auto [buckets, limits] = c10d::compute_bucket_assignment_by_size(
      reversed, {static_cast<std::size_t>(options.first_bucket_bytes), static_cast<std::size_t>(options.bucket_bytes)});
  for (auto& bucket : buckets) {
    for (std::size_t& parameter : bucket) parameter = parameters.size() - 1 - parameter;
  }
  // The assignment comes sorted by the smallest (reversed) number; reduction goes in that order.
  return buckets;
}

}  // namespace

struct FastGroup::Parts {
  int rank;
  int world_size;
  c10::intrusive_ptr<MpiBackend> backend;
  c10::intrusive_ptr<c10d::ProcessGroup> group;
};

FastGroup::FastGroup(Communicator& communicator) : parts_(std::make_unique<Parts>()) {
  parts_->rank = communicator.rank();
  parts_->world_size = communicator.world_size();
  parts_->backend = c10::make_intrusive<MpiBackend>(communicator);
  parts_->group = make_process_group(parts_->backend);
}

FastGroup::~FastGroup() {
  parts_->backend->shutdown();
}

struct FastExchange::Parts {
  std::vector<at::Tensor> parameters;
  std::string player;
  std::int64_t micro_batches;
  MicroBatchRun run;
  int world_size;
  std::vector<std::vector<std::size_t>> buckets;
  bool find_unused;
  std::unique_ptr<FixedReducer> reducer;
  std::int64_t done = 0;
};

FastExchange::FastExchange(FastGroup& group,
                           std::int64_t micro_batches,
                           std::vector<at::Tensor> parameters,
                           std::string player,
                           FastOptions options)
    : parts_(std::make_unique<Parts>()) {
  parts_->parameters = std::move(parameters);
  parts_->player = std::move(player);
  parts_->micro_batches = micro_batches;
  parts_->world_size = group.parts_->world_size;
  parts_->run = plan_micro_batches(micro_batches, parts_->world_size)[static_cast<std::size_t>(group.parts_->rank)];
  parts_->find_unused = options.find_unused_parameters;
  c10d::verify_params_across_processes(group.parts_->group, parts_->parameters, std::nullopt);
  parts_->buckets = assign_buckets(parts_->parameters, options);
  parts_->reducer = std::make_unique<FixedReducer>(parts_->parameters, parts_->buckets, group.parts_->group, options);
}

FastExchange::~FastExchange() = default;

const std::vector<std::vector<std::size_t>>& FastExchange::buckets() const {
  return parts_->buckets;
}

void FastExchange::before_backward(const at::Tensor& loss) {
  // Gradients of earlier micro-batches only accumulate; the last backward pass reduces the sums.
  if (parts_->done + 1 != parts_->run.count) return;
  parts_->reducer->prepare_for_forward();
  parts_->reducer->prepare_for_backward(parts_->find_unused ? std::vector<at::Tensor>{loss}
                                                            : std::vector<at::Tensor>{});
}

void FastExchange::after_backward() {
  ++parts_->done;
}

void FastExchange::finish() {
  if (parts_->done != parts_->run.count) {
    throw ClusterError(
        fmt::format("{}: finished after {} of {} micro-batches", parts_->player, parts_->done, parts_->run.count));
  }
  parts_->done = 0;
  try {
    parts_->reducer->check_finalized();
  } catch (const std::exception& error) {
    throw ClusterError(
        fmt::format("{}: the last backward pass left parameters without gradient; freeze them, or allow "
                    "unused parameters. {}",
                    parts_->player,
                    error.what()));
  }
  // The reducer divided the sum over ranks by their number; the mean is over micro-batches.
  const double scale = static_cast<double>(parts_->world_size) / static_cast<double>(parts_->micro_batches);
  const at::NoGradGuard no_grad;
  for (at::Tensor& parameter : parts_->parameters) {
    if (parameter.grad().defined() && scale != 1.0) parameter.mutable_grad().mul_(scale);
  }
}

}  // namespace understudy
