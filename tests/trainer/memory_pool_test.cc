#include "trainer/memory_pool.h"

#include <cstring>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(MemoryPool, UsesFreedMemoryAgain) {
  MemoryPool pool(std::size_t{64} << 20);
  void* const first = pool.allocate(1000);
  ASSERT_TRUE(pool.release(first));
  EXPECT_EQ(pool.allocate(900), first);
}

TEST(MemoryPool, JoinsNeighbours) {
  MemoryPool pool(std::size_t{64} << 20);
  void* const a = pool.allocate(64);
  void* const b = pool.allocate(128);
  void* const c = pool.allocate(64);
  void* const d = pool.allocate(64);
  pool.release(a);
  pool.release(c);
  pool.release(b);  // a, b and c are one piece now
  EXPECT_EQ(pool.allocate(256), a);
  EXPECT_EQ(pool.usage().high_water, 320U);
  pool.release(d);
}

TEST(MemoryPool, SaysWhenItIsExhaustedAndKnowsItsOwn) {
  MemoryPool pool(std::size_t{2} << 20);
  EXPECT_EQ(pool.allocate(std::size_t{3} << 20), nullptr);
  int elsewhere = 0;
  EXPECT_FALSE(pool.release(&elsewhere));
}

TEST(MemoryPool, NeverHandsAByteOutTwice) {
  MemoryPool pool(std::size_t{256} << 20);
  struct Piece {
    unsigned char* place;
    std::size_t size;
    unsigned char mark;
  };
  std::vector<Piece> pieces;
  std::mt19937 random(1);
  for (int step = 0; step < 4000; ++step) {
    if (pieces.size() > 60 || (!pieces.empty() && random() % 3 == 0)) {
      const std::size_t i = random() % pieces.size();
      for (std::size_t k = 0; k < pieces[i].size; k += 61) ASSERT_EQ(pieces[i].place[k], pieces[i].mark);
      ASSERT_TRUE(pool.release(pieces[i].place));
      pieces[i] = pieces.back();
      pieces.pop_back();
    } else {
      Piece piece{nullptr, 1 + random() % 100000, static_cast<unsigned char>(step)};
      piece.place = static_cast<unsigned char*>(pool.allocate(piece.size));
      ASSERT_NE(piece.place, nullptr);
      EXPECT_EQ(reinterpret_cast<std::size_t>(piece.place) % 64, 0U);
      std::memset(piece.place, piece.mark, piece.size);
      pieces.push_back(piece);
    }
  }
  for (const Piece& piece : pieces) pool.release(piece.place);
  EXPECT_EQ(pool.usage().in_use, 0U);
}

}  // namespace
}  // namespace understudy
