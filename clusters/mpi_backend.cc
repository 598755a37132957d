#include "clusters/mpi_backend.h"

#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

class QueuedWork final : public c10d::Work {
 public:
  QueuedWork(int rank, c10d::OpType type)
      : Work(rank, type),
        future_(c10::make_intrusive<c10::ivalue::Future>(c10::ListType::create(c10::TensorType::get()))) {}
  bool isCompleted() override { return future_->completed(); }
  bool isSuccess() const override { return future_->completed() && !future_->hasError(); }
  bool wait(std::chrono::milliseconds) override {
    future_->waitAndThrow();
    return true;
  }
  c10::intrusive_ptr<c10::ivalue::Future> getFuture() override { return future_; }

 private:
  c10::intrusive_ptr<c10::ivalue::Future> future_;
};

ElementType element_type(at::ScalarType type) {
  switch (type) {
    case at::kByte:
      return ElementType::kUInt8;
    case at::kInt:
      return ElementType::kInt32;
    case at::kLong:
      return ElementType::kInt64;
    case at::kFloat:
      return ElementType::kFloat32;
    case at::kDouble:
      return ElementType::kFloat64;
    default:
      throw ClusterError(
          fmt::format("cannot reduce tensors of type {} over MPI; use float32 or float64", c10::toString(type)));
  }
}

Reduction reduction_of(const c10d::ReduceOp& operation) {
  if (operation == c10d::ReduceOp::SUM) return Reduction::kSum;
  if (operation == c10d::ReduceOp::MIN) return Reduction::kMin;
  if (operation == c10d::ReduceOp::MAX) return Reduction::kMax;
  throw ClusterError("the MPI backend reduces by sum, minimum and maximum only");
}

std::span<std::byte> bytes_of(const at::Tensor& tensor) {
  return {static_cast<std::byte*>(tensor.data_ptr()), tensor.nbytes()};
}

const at::Tensor& single_dense(const std::vector<at::Tensor>& tensors) {
  if (tensors.size() == 1 && tensors.front().is_cpu() && tensors.front().is_contiguous()) return tensors.front();
  throw ClusterError("the MPI backend takes one contiguous CPU tensor at a time");
}

}  // namespace

MpiBackend::MpiBackend(Communicator& communicator)
    : Backend(communicator.rank(), communicator.world_size()),
      communicator_(communicator.duplicate("set up the gradient reduction")),
      thread_([this] { work_through_queue(); }) {}

MpiBackend::~MpiBackend() {
  shutdown();
}

void MpiBackend::shutdown() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void MpiBackend::work_through_queue() {
  const at::NoGradGuard no_grad;
  while (true) {
    std::function<void()> operation;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return closing_ || !queue_.empty(); });
      if (queue_.empty()) return;
      operation = std::move(queue_.front());
      queue_.pop_front();
    }
    operation();
  }
}

c10::intrusive_ptr<c10d::Work> MpiBackend::enqueue(c10d::OpType type,
                                                   std::vector<at::Tensor> results,
                                                   std::function<void()> operation) {
  auto work = c10::make_intrusive<QueuedWork>(rank_, type);
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back([future = work->getFuture(), results = std::move(results), operation = std::move(operation)] {
      try {
        operation();
      } catch (...) {
        future->setError(std::current_exception());
        return;
      }
      future->markCompleted(c10::IValue(results));
    });
  }
  changed_.notify_all();
  return work;
}

c10::intrusive_ptr<c10d::Work> MpiBackend::allreduce(std::vector<at::Tensor>& tensors,
                                                     const c10d::AllreduceOptions& options) {
  const at::Tensor tensor = single_dense(tensors);
  const ElementType type = element_type(tensor.scalar_type());
  const Reduction reduction = reduction_of(options.reduceOp);
  return enqueue(c10d::OpType::ALLREDUCE, tensors, [this, tensor, type, reduction] {
    communicator_->all_reduce(tensor.data_ptr(), tensor.numel(), type, reduction, "reduce a bucket of gradients");
  });
}

c10::intrusive_ptr<c10d::Work> MpiBackend::broadcast(std::vector<at::Tensor>& tensors,
                                                     const c10d::BroadcastOptions& options) {
  const at::Tensor tensor = single_dense(tensors);
  const auto root = static_cast<int>(options.rootRank);
  return enqueue(c10d::OpType::BROADCAST, tensors, [this, tensor, root] {
    communicator_->broadcast(bytes_of(tensor), root, "broadcast a tensor");
  });
}

c10::intrusive_ptr<c10d::Work> MpiBackend::allgather(std::vector<std::vector<at::Tensor>>& outputs,
                                                     std::vector<at::Tensor>& inputs,
                                                     const c10d::AllgatherOptions&) {
  const at::Tensor input = single_dense(inputs);
  const std::vector<at::Tensor> output = outputs.at(0);
  return enqueue(c10d::OpType::ALLGATHER, output, [this, input, output] {
    std::vector<OutgoingMessage> outgoing;
    std::vector<IncomingMessage> incoming;
    for (int rank = 0; rank < size_; ++rank) {
      outgoing.push_back({rank, bytes_of(input)});
      incoming.push_back({rank, bytes_of(single_dense({output.at(static_cast<std::size_t>(rank))}))});
    }
    communicator_->exchange(outgoing, incoming, "gather a tensor of every rank");
  });
}

c10::intrusive_ptr<c10d::Work> MpiBackend::barrier(const c10d::BarrierOptions&) {
  return enqueue(c10d::OpType::BARRIER, {}, [this] { communicator_->barrier("meet in the gradient reduction"); });
}

}  // namespace understudy
