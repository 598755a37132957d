#include "clusters/communicator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/support/thread_ranks.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SingleRank, AnswersItselfWithoutMpi) {
  const auto ranks = single_rank();
  EXPECT_EQ(ranks->world_size(), 1);
  EXPECT_EQ(ranks->all_reduce(7, Reduction::kMax, "test"), 7);
  EXPECT_EQ(ranks->broadcast("text", 0, "test"), "text");
  EXPECT_THAT(ranks->gather("blob", "test"), ElementsAre("blob"));
  EXPECT_THAT(ranks->all_to_all(std::vector<std::string>{"own"}, "test"), ElementsAre("own"));
  ranks->duplicate("test")->barrier("test");
}

TEST(Communicator, GathersBlobsOfDifferentSizesInRankOrder) {
  run_on_thread_ranks(3, [](Communicator& ranks) {
    const std::string blob(static_cast<std::size_t>(ranks.rank()), 'x');
    EXPECT_THAT(ranks.all_gather(blob, "test"), ElementsAre("", "x", "xx"));
    if (ranks.rank() == 0) {
      EXPECT_THAT(ranks.gather(blob, "test"), ElementsAre("", "x", "xx"));
    } else {
      EXPECT_THAT(ranks.gather(blob, "test"), IsEmpty());
    }
  });
}

TEST(Communicator, RefusesAnAllToAllWithoutOneBlobForEachRank) {
  EXPECT_THROW(single_rank()->all_to_all(std::vector<std::string>{"a", "b"}, "test"), ClusterError);
}

}  // namespace
}  // namespace understudy
