#include "clusters/backend_transport.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "clusters/ordered_mean.h"
#include "common/errors.h"
#include "tests/clusters/ordered_reference.h"
#include "tests/support/thread_ranks.h"

namespace understudy {
namespace {

class DoneWork final : public c10d::Work {
 public:
  DoneWork() { finish(); }
};

std::span<std::byte> bytes_of(const at::Tensor& tensor) {
  return {static_cast<std::byte*>(tensor.data_ptr()), tensor.nbytes()};
}

/// Stands in for NCCL: takes sends and receives only between the start and the end of a group, none to itself and none
/// empty, and carries them out together at the end.
class GroupedBackend final : public c10d::Backend {
 public:
  explicit GroupedBackend(Communicator& ranks) : Backend(ranks.rank(), ranks.world_size()), ranks_(ranks) {}

  void startCoalescing() override { open_ = true; }
  c10::intrusive_ptr<c10d::Work> send(std::vector<at::Tensor>& tensors, int to, int) override {
    check(tensors.at(0), to);
    outgoing_.push_back({to, bytes_of(tensors.at(0))});
    return c10::make_intrusive<DoneWork>();
  }
  c10::intrusive_ptr<c10d::Work> recv(std::vector<at::Tensor>& tensors, int from, int) override {
    check(tensors.at(0), from);
    incoming_.push_back({from, bytes_of(tensors.at(0))});
    return c10::make_intrusive<DoneWork>();
  }
  c10::intrusive_ptr<c10d::Work> endCoalescing() override {
    open_ = false;
    ranks_.exchange(outgoing_, incoming_, "test");
    outgoing_.clear();
    incoming_.clear();
    return c10::make_intrusive<DoneWork>();
  }

 private:
  void check(const at::Tensor& tensor, int peer) const {
    TORCH_CHECK(open_ && peer != rank_ && tensor.numel() > 0, "not what NCCL takes");
  }
  Communicator& ranks_;
  bool open_ = false;
  std::vector<OutgoingMessage> outgoing_;
  std::vector<IncomingMessage> incoming_;
};

TEST(BackendTransport, CarriesAnOrderedMeanToTheBitsOfOneRank) {
  for (const int world_size : {1, 2, 3, 5}) {
    run_on_thread_ranks(world_size, [&](Communicator& ranks) {
      Heartbeat heartbeat;
      DeviceProgress progress(heartbeat);
      BackendTransport transport(c10::make_intrusive<GroupedBackend>(ranks), at::kCPU, progress);
      for (const std::int64_t micro_batches : {5, 8, 13}) {
        OrderedMean mean(transport, micro_batches, difficult_parameters(at::kFloat), "test", 64);
        const MicroBatchRun run = mean.run();
        for (std::int64_t i = run.begin; i < run.begin + run.count; ++i) mean.add(difficult_gradients(i, at::kFloat));
        EXPECT_TRUE(same_bits(mean.finish(), reference_mean(micro_batches, at::kFloat)))
            << micro_batches << " micro-batches, rank " << ranks.rank() << " of " << world_size;
      }
    });
  }
}

TEST(BackendTransport, KeepsTheOrderOfSlicesBetweenTwoRanks) {
  run_on_thread_ranks(2, [&](Communicator& ranks) {
    Heartbeat heartbeat;
    DeviceProgress progress(heartbeat);
    BackendTransport transport(c10::make_intrusive<GroupedBackend>(ranks), at::kCPU, progress);
    std::vector<Slice> sends;
    std::vector<Slice> receives;
    for (const int peer : {0, 1}) {
      for (const int part : {1, 2}) {
        sends.push_back({peer, at::full({2}, 100.0 * ranks.rank() + 10.0 * peer + part)});
        receives.push_back({peer, at::empty({2})});
      }
    }
    transport.exchange(sends, receives, "test");
    for (std::size_t i = 0; i < receives.size(); ++i) {
      const double expected = 100.0 * receives[i].peer + 10.0 * ranks.rank() + 1.0 + static_cast<double>(i % 2);
      EXPECT_EQ(receives[i].values[1].item<double>(), expected);
    }
  });
}

TEST(BackendTransport, NamesWhatFailed) {
  class Broken final : public c10d::Backend {
   public:
    Broken() : Backend(0, 2) {}
    void startCoalescing() override { TORCH_CHECK(false, "remote process exited"); }
  };
  Heartbeat heartbeat;
  DeviceProgress progress(heartbeat);
  BackendTransport transport(c10::make_intrusive<Broken>(), at::kCPU, progress);
  try {
    transport.exchange({{1, at::ones({2})}}, {}, "generator: exchange slices of the sums");
    FAIL() << "the backend is broken";
  } catch (const ClusterError& error) {
    EXPECT_EQ(std::string(error.what()), "generator: exchange slices of the sums: remote process exited");
  }
}

}  // namespace
}  // namespace understudy
