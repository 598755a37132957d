#include "data_pipeline/prefetcher.h"

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(Prefetcher, GivesTheSameSequenceForAnyNumberOfThreads) {
  for (const std::size_t threads : {0U, 1U, 3U, 8U}) {
    Prefetcher<std::uint64_t> items([](std::uint64_t k) { return k * k; }, 5, threads, 4);
    for (std::uint64_t k = 5; k < 205; ++k) {
      EXPECT_EQ(items.position(), k);
      ASSERT_EQ(items.next(), k * k);
    }
  }
}

TEST(Prefetcher, DeliversAnExceptionAtItsItemAndGoesOn) {
  const auto make = [](std::uint64_t k) {
    if (k % 3 == 1) throw std::runtime_error("item " + std::to_string(k));
    return k;
  };
  for (const std::size_t threads : {0U, 1U, 4U}) {
    Prefetcher<std::uint64_t> items(make, 0, threads, 3);
    for (std::uint64_t k = 0; k < 30; ++k) {
      if (k % 3 != 1) {
        ASSERT_EQ(items.next(), k);
        continue;
      }
      try {
        items.next();
        FAIL() << "item " << k << " must throw";
      } catch (const std::runtime_error& error) {
        EXPECT_EQ(error.what(), "item " + std::to_string(k));
      }
    }
  }
}

TEST(Prefetcher, NeverHoldsMoreThanItsLookAhead) {
  struct Counted {
    explicit Counted(std::atomic<int>* counter) : alive(counter) { most(++*alive); }
    ~Counted() { --*alive; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    static void most(int now) { EXPECT_LE(now, 5); }
    std::atomic<int>* alive;
  };
  std::atomic<int> alive = 0;
  {
    Prefetcher<std::unique_ptr<Counted>> items(
        [&alive](std::uint64_t) { return std::make_unique<Counted>(&alive); }, 0, 8, 4);
    for (int k = 0; k < 300; ++k) items.next();  // 4 ahead and the one handed out
  }
  EXPECT_EQ(alive, 0);
}

TEST(Prefetcher, StopsCleanlyAtAnyTime) {
  for (int taken = 0; taken < 40; ++taken) {
    Prefetcher<std::string> items(
        [](std::uint64_t k) { return std::string(1000, static_cast<char>('a' + k % 26)); }, 0, 3, 8);
    for (int k = 0; k < taken; ++k) items.next();
  }
}

TEST(Prefetcher, StopsWhileAnExceptionWaits) {
  Prefetcher<int> items([](std::uint64_t) -> int { throw std::logic_error("never taken"); }, 0, 2, 4);
}

TEST(Prefetcher, GivesSeveralConsumersTheItemsTheyAskFor) {
  for (const std::size_t threads : {0U, 1U, 3U}) {
    for (const std::size_t look_ahead : {1U, 2U, 5U}) {
      Prefetcher<std::uint64_t> items([](std::uint64_t k) { return k * k; }, 7, threads, look_ahead);
      std::atomic<std::uint64_t> next{7};
      std::atomic<int> wrong{0};
      {
        std::vector<std::jthread> consumers;
        for (int c = 0; c < 3; ++c) {
          consumers.emplace_back([&] {
            for (std::uint64_t k = next++; k < 307; k = next++) wrong += items.take(k) == k * k ? 0 : 1;
          });
        }
      }
      EXPECT_EQ(wrong, 0);
      if (threads > 0) EXPECT_EQ(items.position(), 307U);
    }
  }
}

TEST(Prefetcher, WaitsForALowerItemBeforeItGoesBeyondItsLookAhead) {
  std::atomic<std::uint64_t> highest{0};
  Prefetcher<std::uint64_t> items(
      [&highest](std::uint64_t k) {
        if (k > highest) highest = k;
        return k;
      },
      0,
      1,
      3);
  EXPECT_EQ(items.take(2), 2U);
  EXPECT_EQ(items.take(1), 1U);
  EXPECT_EQ(items.position(), 0U);
  EXPECT_EQ(highest, 2U) << "item 0 still lies in the way";
  EXPECT_EQ(items.ready(), 1U);
  EXPECT_EQ(items.take(0), 0U);
  EXPECT_EQ(items.position(), 3U);
  EXPECT_EQ(items.take(5), 5U);
}

TEST(Prefetcher, FeedsAnotherOne) {
  const auto read = [](std::uint64_t k) {
    if (k % 7 == 3) throw std::runtime_error("read " + std::to_string(k));
    return k;
  };
  for (const std::size_t readers : {0U, 1U, 4U}) {
    Prefetcher<std::uint64_t> reads(read, 0, readers, 6);
    Prefetcher<std::uint64_t> batches([&reads](std::uint64_t k) { return 2 * reads.take(k); }, 0, 3, 2);
    for (std::uint64_t k = 0; k < 100; ++k) {
      if (k % 7 == 3) {
        EXPECT_THROW(batches.next(), std::runtime_error) << k;
      } else {
        ASSERT_EQ(batches.next(), 2 * k);
      }
    }
  }
}

TEST(Prefetcher, TakesTypesThatCanOnlyBeMoved) {
  Prefetcher<std::unique_ptr<int>> items(
      [](std::uint64_t k) { return std::make_unique<int>(static_cast<int>(k)); }, 3, 2, 0);
  EXPECT_EQ(*items.next(), 3);
  EXPECT_EQ(*items.next(), 4);
}

TEST(Prefetcher, CountsWhatLiesReady) {
  Prefetcher<int> inline_items([](std::uint64_t) { return 1; }, 0, 0, 4);
  EXPECT_EQ(inline_items.ready(), 0U);
  Prefetcher<int> items([](std::uint64_t) { return 1; }, 0, 2, 4);
  items.next();
  EXPECT_LE(items.ready(), 4U);
}

}  // namespace
}  // namespace understudy
