#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <torch/csrc/distributed/c10d/Backend.hpp>

#include "clusters/communicator.h"

namespace understudy {

/// c10d's collectives over a Communicator, for tensors in the computer's memory. One thread carries them out in the
/// order in which they were asked for, on a duplicate of the communicator, while the caller computes on. A collective
/// that fails hands its error to whoever waits for it.
class MpiBackend final : public c10d::Backend {
 public:
  /// Collective.
  explicit MpiBackend(Communicator& communicator);
  ~MpiBackend() override;

  const std::string getBackendName() const override { return "understudy-mpi"; }
  /// Sums, minima and maxima, in place. @throws ClusterError  for other reductions and types
  c10::intrusive_ptr<c10d::Work> allreduce(std::vector<at::Tensor>& tensors,
                                           const c10d::AllreduceOptions& options) override;
  c10::intrusive_ptr<c10d::Work> broadcast(std::vector<at::Tensor>& tensors,
                                           const c10d::BroadcastOptions& options) override;
  c10::intrusive_ptr<c10d::Work> allgather(std::vector<std::vector<at::Tensor>>& outputs,
                                           std::vector<at::Tensor>& inputs,
                                           const c10d::AllgatherOptions& options) override;
  c10::intrusive_ptr<c10d::Work> barrier(const c10d::BarrierOptions& options) override;
  /// Finishes what was asked for and ends the thread.
  void shutdown() override;

 private:
  c10::intrusive_ptr<c10d::Work> enqueue(c10d::OpType type,
                                         std::vector<at::Tensor> results,
                                         std::function<void()> operation);
  void work_through_queue();

  std::unique_ptr<Communicator> communicator_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace understudy
