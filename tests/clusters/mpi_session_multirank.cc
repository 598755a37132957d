#include <numeric>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clusters/mpi_session.h"
#include "common/errors.h"
#include "tests/support/mpi_main.h"

namespace understudy {
namespace {

std::string blob_of(int rank) {
  return std::string(static_cast<std::size_t>(1000 * rank), static_cast<char>('a' + rank));
}

TEST(MpiRanks, KnowTheirPlace) {
  Communicator& ranks = test_ranks();
  std::vector<std::int64_t> seen(static_cast<std::size_t>(ranks.world_size()), 0);
  seen[static_cast<std::size_t>(ranks.rank())] = 1;
  ranks.all_reduce(std::span(seen), Reduction::kSum, "count ranks");
  EXPECT_THAT(seen, testing::Each(1));
  EXPECT_EQ(ranks.local_size(), ranks.world_size());
  EXPECT_EQ(ranks.local_rank(), ranks.rank());
}

TEST(MpiRanks, Reduce) {
  Communicator& ranks = test_ranks();
  const std::int64_t last = ranks.world_size() - 1;
  EXPECT_EQ(ranks.all_reduce(ranks.rank(), Reduction::kMax, "test"), last);
  EXPECT_EQ(ranks.all_reduce(-ranks.rank(), Reduction::kMin, "test"), -last);
  EXPECT_EQ(ranks.all_reduce(ranks.rank(), Reduction::kSum, "test"), last * (last + 1) / 2);
  std::vector<double> values(3, 0.5);
  ranks.all_reduce(std::span(values), Reduction::kSum, "test");
  EXPECT_THAT(values, testing::Each(0.5 * ranks.world_size()));
}

TEST(MpiRanks, ExchangeBlobsOfDifferentSizes) {
  Communicator& ranks = test_ranks();
  std::vector<std::string> expected;
  for (int rank = 0; rank < ranks.world_size(); ++rank) expected.push_back(blob_of(rank));
  EXPECT_EQ(ranks.all_gather(blob_of(ranks.rank()), "test"), expected);
  EXPECT_EQ(ranks.gather(blob_of(ranks.rank()), "test"), ranks.rank() == 0 ? expected : std::vector<std::string>{});
  EXPECT_EQ(ranks.broadcast(ranks.rank() == 0 ? "shared" : "", 0, "test"), "shared");
  const std::vector<std::string> to_each(expected.size(), blob_of(ranks.rank()));
  EXPECT_EQ(ranks.all_to_all(to_each, "test"), expected);
}

TEST(MpiRanks, KeepTheOrderOfMessagesBetweenTwo) {
  Communicator& ranks = test_ranks();
  const int next = (ranks.rank() + 1) % ranks.world_size();
  const int previous = (ranks.rank() + ranks.world_size() - 1) % ranks.world_size();
  std::vector<std::int32_t> sent(20000);
  std::iota(sent.begin(), sent.end(), 1000000 * ranks.rank());
  std::vector<std::int32_t> received(sent.size(), -1);
  std::vector<OutgoingMessage> outgoing;
  std::vector<IncomingMessage> incoming;
  for (std::size_t begin = 0, length = 1; begin < sent.size(); begin += length, length = length * 3 % 997) {
    const std::size_t size = std::min(length, sent.size() - begin);
    outgoing.push_back({next, std::as_bytes(std::span(sent).subspan(begin, size))});
    incoming.push_back({previous, std::as_writable_bytes(std::span(received).subspan(begin, size))});
  }
  ranks.exchange(outgoing, incoming, "test");
  std::iota(sent.begin(), sent.end(), 1000000 * previous);
  EXPECT_EQ(received, sent);
}

TEST(MpiRanks, TalkInTwoThreadsThroughADuplicate) {
  Communicator& ranks = test_ranks();
  const auto duplicate = ranks.duplicate("test");
  std::int64_t in_thread = 0;
  std::thread thread([&] {
    for (int i = 0; i < 100; ++i) in_thread += duplicate->all_reduce(1, Reduction::kSum, "test");
  });
  std::int64_t in_main = 0;
  for (int i = 0; i < 100; ++i) in_main += ranks.all_reduce(2, Reduction::kSum, "test");
  thread.join();
  EXPECT_EQ(in_thread, 100 * ranks.world_size());
  EXPECT_EQ(in_main, 200 * ranks.world_size());
}

TEST(MpiRanks, RefuseAPeerThatIsNotThere) {
  Communicator& ranks = test_ranks();
  std::byte byte{};
  const OutgoingMessage message{ranks.world_size(), {&byte, 1}};
  EXPECT_THAT(
      [&] {
        ranks.exchange({&message, 1}, {}, "talk to nobody");
      },
      testing::ThrowsMessage<ClusterError>(testing::HasSubstr("talk to nobody")));
}

}  // namespace
}  // namespace understudy
