#include "data_pipeline/prefetcher.h"

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

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
