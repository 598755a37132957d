#include "clusters/slice_transport.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/thread_ranks.h"

namespace understudy {
namespace {

TEST(GatherRows, StacksDifferentNumbersOfRowsInRankOrder) {
  run_on_thread_ranks(3, [](Communicator& ranks) {
    CommunicatorTransport transport(ranks);
    const at::Tensor all = at::arange(12, at::kFloat).view({6, 2});
    const at::Tensor own =
        all.narrow(0, std::vector<int>{0, 3, 5}[static_cast<std::size_t>(ranks.rank())], 3 - ranks.rank());
    EXPECT_TRUE(gather_rows(own, transport, "test").equal(all));
  });
}

}  // namespace
}  // namespace understudy
