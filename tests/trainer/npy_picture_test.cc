#include "trainer/evaluation/npy_picture.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_pipeline/npy_file.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

TEST(NpyPicture, IsReadAsItWasWritten) {
  const TemporaryFolder place;
  const at::Tensor picture = at::arange(24, at::kFloat).view({2, 3, 4}).transpose(1, 2) / 7;
  write_npy_picture(place.path() / "picture.npy", picture);
  const NpyArray found = read_npy(place.path() / "picture.npy");
  EXPECT_THAT(found.shape, testing::ElementsAre(2, 4, 3));
  EXPECT_EQ(found.values[1], double{4.0F / 7.0F});
  EXPECT_EQ(found.values[23], double{23.0F / 7.0F});
}

}  // namespace
}  // namespace understudy
