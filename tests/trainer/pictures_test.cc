#include "trainer/pictures.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace understudy {
namespace {

TEST(Pictures, ClampAndRoundHalfToEven) {
  const at::Tensor values = torch::tensor({-0.5, 0.0, 0.5 / 255, 1.5 / 255, 127.4 / 255, 1.0, 7.0}, torch::kDouble);
  const Picture picture = picture_of(values.expand({3, 1, 7}));
  ASSERT_EQ(picture.width, 7);
  ASSERT_EQ(picture.height, 1);
  const std::vector<int> expected = {0, 0, 0, 2, 127, 255, 255};
  for (int x = 0; x < 7; ++x) EXPECT_EQ(picture.pixel(x, 0)[1], expected[static_cast<std::size_t>(x)]) << x;
}

TEST(Pictures, KeepChannelsRowsAndColumnsApart) {
  Picture picture(3, 2);
  for (std::size_t i = 0; i < picture.rgb.size(); ++i) picture.rgb[i] = static_cast<std::uint8_t>(10 * i);
  const at::Tensor planes = planes_of(picture);
  ASSERT_EQ(planes.sizes(), (std::vector<std::int64_t>{3, 2, 3}));
  EXPECT_EQ(planes[2][1][0].item<float>(), 110.0F / 255.0F);
  EXPECT_EQ(picture_of(planes).rgb, picture.rgb);
}

TEST(Pictures, AreReadFromTensorsThatCarryAGraph) {
  const at::Tensor planes = torch::full({3, 2, 2}, 0.2).set_requires_grad(true) * 1;
  EXPECT_EQ(picture_of(planes).pixel(1, 1)[0], 51);
}

}  // namespace
}  // namespace understudy
