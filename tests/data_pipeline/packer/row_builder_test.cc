#include "data_pipeline/packer/row_builder.h"

#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"

namespace understudy {
namespace {

using testing::Each;
using testing::ElementsAre;

TEST(RowBuilder, JoinsFloatsAndBytes) {
  std::array<float, 20> floats{};
  std::array<std::uint8_t, 18> bytes{};
  floats[19] = 2.5F;
  bytes[17] = 1;
  RowBuilder builder(AnnotationKind::kPoseAu);
  builder.add_unknown();
  builder.add(floats, bytes);
  const AnnotationRows rows = builder.finish();
  EXPECT_EQ(rows.kind, AnnotationKind::kPoseAu);
  EXPECT_THAT(rows.valid, ElementsAre(0, 1));
  ASSERT_EQ(rows.bytes.size(), 2 * 98);
  float last = 0;
  std::memcpy(&last, rows.bytes.data() + 98 + 76, sizeof(last));
  EXPECT_EQ(last, 2.5F);
  EXPECT_EQ(rows.bytes.back(), std::byte{1});
}

TEST(RowBuilder, TakesRowsThatAreNotFiniteForUnknown) {
  RowBuilder builder(AnnotationKind::kBox);
  builder.add(std::array{1.0F, 2.0F, NAN, 4.0F});
  builder.add(std::array{1.0F, 2.0F, 3.0F, INFINITY});
  const AnnotationRows rows = builder.finish();
  EXPECT_THAT(rows.valid, ElementsAre(0, 0));
  EXPECT_THAT(rows.bytes, Each(std::byte{0}));
  EXPECT_EQ(rows.bytes.size(), 32);
}

TEST(RowBuilder, RefusesRowsOfAnotherSize) {
  RowBuilder builder(AnnotationKind::kBox);
  EXPECT_THROW(builder.add(std::array{1.0F, 2.0F, 3.0F}), Error);
}

}  // namespace
}  // namespace understudy
