#include "losses/embedding_match.h"

#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/losses/gradient_check.h"

namespace understudy {
namespace {

TEST(EmbeddingMatchLoss, IsTheMeanDistanceAndMovesTheDescriptorsAlone) {
  const at::Tensor descriptors = torch::tensor({{1.0, -2.0}, {0.5, 0.0}}, at::kDouble).requires_grad_(true);
  const at::Tensor embeddings = torch::tensor({{0.0, 1.0}, {2.5, -1.0}}, at::kDouble).requires_grad_(true);
  const at::Tensor loss = embedding_match_loss(descriptors, embeddings);
  EXPECT_NEAR(loss.item<double>(), (1.0 + 3.0 + 2.0 + 1.0) / 4, 1e-15);
  loss.backward();
  EXPECT_TRUE(at::allclose(descriptors.grad(), torch::tensor({{0.25, -0.25}, {-0.25, 0.25}}, at::kDouble)));
  EXPECT_FALSE(embeddings.grad().defined());
}

TEST(EmbeddingMatchLoss, RefusesVectorsOfDifferentShape) {
  EXPECT_THROW(embedding_match_loss(at::zeros({2, 4}), at::zeros({1, 4})), ShapeError);
}

}  // namespace
}  // namespace understudy
