#include "trainer/faults/replica_check.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "common/philox.h"
#include "tests/support/thread_ranks.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::int64_t checksum(const at::Tensor& tensor) {
  return bit_checksums({tensor}).front();
}

at::Tensor numbers(std::int64_t count) {
  at::manual_seed(5);
  return torch::randn({count});
}

TEST(BitChecksums, ChangeWithAnyBit) {
  Draws draws(3, Purpose::kTest, 0);
  for (const std::int64_t count : {1, 7, 1024, 5000}) {
    const at::Tensor tensor = numbers(count);
    const std::int64_t before = checksum(tensor);
    for (int trial = 0; trial < 200; ++trial) {
      at::Tensor flipped = tensor.clone();
      const auto place = draws.below(static_cast<std::uint32_t>(count));
      flipped.view(at::kInt)[place].bitwise_xor_(std::int64_t{1} << draws.below(31));
      EXPECT_NE(checksum(flipped), before) << count << ' ' << place;
    }
  }
}

TEST(BitChecksums, TellChangesThatCancelInASum) {
  const at::Tensor tensor = numbers(5000);
  const at::Tensor bits = tensor.view(at::kInt);
  Draws draws(4, Purpose::kTest, 0);
  const std::int64_t before = checksum(tensor);
  for (int trial = 0; trial < 200; ++trial) {
    const auto up = draws.below(5000);
    const auto down = draws.below(5000);
    if (up == down) continue;
    bits[up] += 1;
    bits[down] -= 1;
    EXPECT_NE(checksum(tensor), before) << up << ' ' << down;
    bits[up] -= 1;
    bits[down] += 1;
  }
  EXPECT_NE(checksum(tensor.flip(0)), before) << "places count";
  EXPECT_EQ(checksum(tensor), before);
}

TEST(BitChecksums, AreOfBitsAndNotOfNumbersOrLayout) {
  EXPECT_NE(checksum(at::tensor({0.0F})), checksum(at::tensor({-0.0F})));
  EXPECT_EQ(checksum(at::full({3}, std::nan(""))), checksum(at::full({3}, std::nan(""))));
  const at::Tensor table = numbers(6000).view({60, 100});
  EXPECT_EQ(checksum(table.t().contiguous().t()), checksum(table));
  for (const at::ScalarType type : {at::kHalf, at::kDouble, at::kLong, at::kBool})
    EXPECT_NE(checksum(at::ones({2}, type)), checksum(at::zeros({2}, type))) << type;
  EXPECT_EQ(checksum(at::empty({0})), 0);
  EXPECT_NO_THROW(checksum(at::scalar_tensor(1.0)));
}

TEST(CompareReplicas, NamesTheRanksThatDifferFromMost) {
  EXPECT_FALSE(compare_replicas({{1, 2}, {1, 2}, {1, 2}}));
  EXPECT_FALSE(compare_replicas({{1, 2}}));
  const auto one = compare_replicas({{1, 2, 3}, {1, 7, 3}, {1, 2, 3}});
  ASSERT_TRUE(one);
  EXPECT_TRUE(one->majority);
  EXPECT_THAT(one->ranks, ElementsAre(1));
  EXPECT_THAT(one->tensors, ElementsAre(1U));
  EXPECT_THAT(compare_replicas({{1}, {2}, {3}, {1}, {1}})->ranks, ElementsAre(1, 2));
}

TEST(CompareReplicas, NamesAllWithoutAMajority) {
  const auto two = compare_replicas({{1}, {2}});
  EXPECT_FALSE(two->majority);
  EXPECT_THAT(two->ranks, ElementsAre(0, 1));
  EXPECT_THAT(compare_replicas({{1}, {1}, {2}, {2}})->ranks, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(compare_replicas({{1}, {1}, {2}, {3}})->ranks, ElementsAre(0, 1, 2, 3));
}

TEST(FindDrift, IsTheSameOnAllRanks) {
  run_on_thread_ranks(3, [](Communicator& ranks) {
    NamedTensors state{{"a", at::ones({3})}, {"b", at::zeros({2000})}};
    EXPECT_FALSE(find_drift(state, ranks));
    if (ranks.rank() == 2) state[1].second[1999] = 1e-30;
    const auto drift = find_drift(state, ranks);
    ASSERT_TRUE(drift);
    EXPECT_THAT(drift->ranks, ElementsAre(2));
    EXPECT_THAT(describe(*drift, state), HasSubstr("differs from those of most ranks in b"));
  });
}

TEST(FirstUnsound, NamesTheTensor) {
  const NamedTensors state{{"a", at::ones({3})}, {"step", at::scalar_tensor(std::nan(""), at::kDouble)}};
  EXPECT_EQ(first_unsound(state), "step is not finite after the step");
  EXPECT_FALSE(first_unsound({state[0]}));
}

}  // namespace
}  // namespace understudy
