#include "clusters/flat_list.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(FlatList, ReadsAnyStretchAcrossTensorsAndZerosWhereOneIsAbsent) {
  const FlatList list({at::arange(4, at::kFloat).view({2, 2}), at::Tensor(), at::Tensor(), at::full({2}, 9.0F)},
                      {4, 0, 3, 2});
  ASSERT_EQ(list.elements(), 9);
  const at::Tensor whole = at::tensor({0.0F, 1.0F, 2.0F, 3.0F, 0.0F, 0.0F, 0.0F, 9.0F, 9.0F});
  for (std::int64_t begin = 0; begin <= 9; ++begin) {
    for (std::int64_t length = 0; begin + length <= 9; ++length) {
      const at::Tensor out = at::full({length}, -1.0F);
      list.read(begin, out);
      EXPECT_TRUE(out.equal(whole.narrow(0, begin, length))) << begin << " + " << length;
    }
  }
}

TEST(FlatList, WritesAStretchAcrossTensors) {
  const at::Tensor first = at::zeros({3});
  const at::Tensor second = at::zeros({2, 2});
  FlatList list({first, second}, {3, 4});
  list.write(2, at::tensor({5.0F, 6.0F, 7.0F}));
  EXPECT_TRUE(first.equal(at::tensor({0.0F, 0.0F, 5.0F})));
  EXPECT_TRUE(second.equal(at::tensor({6.0F, 7.0F, 0.0F, 0.0F}).view({2, 2})));
}

}  // namespace
}  // namespace understudy
