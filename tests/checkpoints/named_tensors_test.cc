#include "checkpoints/named_tensors.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"

namespace understudy {
namespace {

TEST(NamedTensors, AreGroupedByWholeNamesBeforeADot) {
  const at::Tensor one = at::ones({1});
  const NamedTensors tensors = {{"encoder.a", one}, {"encoder2.a", one}, {"encoder.b.c", one}, {"encoder", one}};
  const NamedTensors group = group_of(tensors, "encoder");
  ASSERT_EQ(group.size(), 2U);
  EXPECT_EQ(group[0].first, "a");
  EXPECT_EQ(group[1].first, "b.c");
  EXPECT_EQ(without_group(tensors, "encoder").size(), 2U);
  EXPECT_EQ(in_group(group, "encoder")[1].first, "encoder.b.c");
}

TEST(NamedTensors, AreFoundByName) {
  const NamedTensors tensors = {{"a", at::ones({1})}};
  EXPECT_NE(find_tensor(tensors, "a"), nullptr);
  EXPECT_EQ(find_tensor(tensors, "b"), nullptr);
  EXPECT_THAT([&] { require_tensor(tensors, "b", "model.pt"); },
              testing::ThrowsMessage<CheckpointError>(testing::HasSubstr("model.pt: no tensor \"b\" among its 1")));
}

}  // namespace
}  // namespace understudy
