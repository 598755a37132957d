#include "losses/shape_check.h"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include "common/errors.h"

namespace understudy {
namespace {

template <class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const ShapeError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(ShapeCheck, NamesTheLossAndBothShapes) {
  EXPECT_NO_THROW(require_same_shape(at::zeros({2, 3}), at::ones({2, 3}), "test loss"));
  const std::string message = message_of([] { require_same_shape(at::zeros({2, 3}), at::zeros({3, 2}), "test loss"); });
  EXPECT_EQ(message, "test loss: compares tensors of one shape, not [2, 3] with [3, 2]");
}

TEST(ShapeCheck, SaysWhatIsExpected) {
  EXPECT_NO_THROW(require_shape(true, at::zeros({4}), "[n, E]", "test loss"));
  const std::string message = message_of([] { require_shape(false, at::zeros({4}), "[n, E]", "test loss"); });
  EXPECT_EQ(message, "test loss: expects [n, E], was given [4]");
}

}  // namespace
}  // namespace understudy
