#include "losses/identity_error.h"

#include <limits>

#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/losses/gradient_check.h"

namespace understudy {
namespace {

at::Tensor unit_vectors(at::IntArrayRef sizes, std::uint64_t seed) {
  const at::Tensor vectors = random_tensor(sizes, seed);
  return (vectors / vectors.norm(2, -1, /*keepdim=*/true)).contiguous();
}

TEST(IdentityError, FollowsItsDefinition) {
  const at::Tensor references = unit_vectors({3, 4, 5}, 1);
  const at::Tensor reenacted = unit_vectors({3, 3, 2, 5}, 2);
  double sum = 0;
  for (int k = 0; k < 3; ++k) {
    for (int i = 0; i < 3; ++i) {
      if (i == k) continue;
      for (int j = 0; j < 2; ++j) {
        for (int m = 0; m < 4; ++m) sum += (references[k][m] * reenacted[k][i][j]).sum().item<double>() / 4;
      }
    }
  }
  EXPECT_NEAR(identity_error(references, reenacted).item<double>(), 1 - sum / (3 * 2 * 2), 1e-14);
}

TEST(IdentityError, LeavesTheMeanReferenceUnnormalised) {
  const at::Tensor right_angle = torch::tensor({{1.0, 0.0}, {0.0, 1.0}}, at::kDouble).expand({2, 2, 2});
  const at::Tensor reenacted = torch::tensor({1.0, 0.0}, at::kDouble).expand({2, 2, 1, 2});
  EXPECT_NEAR(identity_error(right_angle, reenacted).item<double>(), 0.5, 1e-15);
}

TEST(IdentityError, DoesNotReadPersonsDrivingThemselves) {
  const at::Tensor references = unit_vectors({2, 1, 3}, 3);
  at::Tensor reenacted = references.select(1, 0).view({2, 1, 1, 3}).repeat({1, 2, 1, 1});
  reenacted[0][0].fill_(std::numeric_limits<double>::quiet_NaN());
  EXPECT_NEAR(identity_error(references, reenacted).item<double>(), 0.0, 1e-14);
}

TEST(IdentityError, RefusesMatricesThatDoNotFit) {
  EXPECT_THROW(identity_error(at::zeros({1, 1, 3}), at::zeros({1, 1, 1, 3})), ShapeError);
  EXPECT_THROW(identity_error(at::zeros({2, 1, 3}), at::zeros({2, 3, 1, 3})), ShapeError);
  EXPECT_THROW(identity_error(at::zeros({2, 1, 3}), at::zeros({2, 2, 1, 4})), ShapeError);
}

TEST(PersonIdentityError, HasTheIdentityErrorAsItsMean) {
  const at::Tensor references = unit_vectors({3, 4, 5}, 1);
  const at::Tensor reenacted = unit_vectors({3, 3, 2, 5}, 2);
  double sum = 0;
  for (int k = 0; k < 3; ++k) {
    const at::Tensor others = at::cat({reenacted[k][(k + 1) % 3], reenacted[k][(k + 2) % 3]});
    sum += person_identity_error(references[k], others).item<double>();
  }
  EXPECT_NEAR(sum / 3, identity_error(references, reenacted).item<double>(), 1e-14);
}

TEST(PersonIdentityError, RefusesMatricesThatDoNotFit) {
  EXPECT_THROW(person_identity_error(at::zeros({3}), at::zeros({1, 3})), ShapeError);
  EXPECT_THROW(person_identity_error(at::zeros({2, 3}), at::zeros({2, 4})), ShapeError);
  EXPECT_THROW(person_identity_error(at::zeros({2, 3}), at::zeros({0, 3})), ShapeError);
}

}  // namespace
}  // namespace understudy
