#include <gtest/gtest.h>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/torch.h>

#include "clusters/device_group.h"
#include "clusters/mpi_backend.h"
#include "common/errors.h"
#include "tests/support/mpi_main.h"

namespace understudy {
namespace {

TEST(MpiBackend, CarriesTheCollectivesOfAProcessGroup) {
  Communicator& ranks = test_ranks();
  Heartbeat heartbeat;
  DeviceGroup device(ranks, at::kCPU, heartbeat);
  const auto group = device.process_group();
  std::vector<at::Tensor> sum{torch::full({1000}, ranks.rank() + 1.0)};
  auto pending = group->allreduce(sum);
  std::vector<at::Tensor> shared{torch::full({3}, ranks.rank(), torch::kLong)};
  group->broadcast(shared)->wait();
  pending->wait();
  EXPECT_EQ(sum[0][999].item<double>(), ranks.world_size() * (ranks.world_size() + 1) / 2.0);
  EXPECT_EQ(shared[0][2].item<std::int64_t>(), 0);

  std::vector<at::Tensor> own{torch::full({2}, ranks.rank())};
  std::vector<std::vector<at::Tensor>> all(1);
  for (int i = 0; i < ranks.world_size(); ++i) all[0].push_back(torch::empty({2}, own[0].options()));
  group->allgather(all, own)->wait();
  for (int i = 0; i < ranks.world_size(); ++i) EXPECT_EQ(all[0][static_cast<std::size_t>(i)][1].item<double>(), i);
  group->barrier()->wait();
}

TEST(MpiBackend, RefusesTypesThatMpiCannotAdd) {
  const auto backend = c10::make_intrusive<MpiBackend>(test_ranks());
  std::vector<at::Tensor> halves{torch::zeros({4}, torch::kHalf)};
  EXPECT_THROW(backend->allreduce(halves, {}), ClusterError);
}

}  // namespace
}  // namespace understudy
