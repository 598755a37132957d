#include "data_pipeline/packer/frame_preparation.h"

#include <gmock/gmock.h>

#include "common/errors.h"

namespace understudy {
namespace {

void expect_geometry(PictureSize decoded, const FramePreparation& how, Rectangle part, PictureSize packed) {
  const FrameGeometry geometry = frame_geometry(decoded, how);
  EXPECT_EQ(geometry.part, part) << geometry.part.left << ' ' << geometry.part.top << ' ' << geometry.part.width << ' '
                                 << geometry.part.height;
  EXPECT_EQ((PictureSize{geometry.width, geometry.height}), packed) << geometry.width << " x " << geometry.height;
}

TEST(FramePreparation, KeepsSizesUnlessTold) {
  expect_geometry({608, 512}, {}, {0, 0, 608, 512}, {608, 512});
  expect_geometry({608, 512}, {.fit = FrameFit::kCrop}, {0, 0, 608, 512}, {608, 512});
  EXPECT_TRUE(frame_geometry({608, 512}, {}).keeps({608, 512}));
  EXPECT_FALSE(frame_geometry({608, 512}, {.square = true}).keeps({608, 512}));
}

TEST(FramePreparation, SqueezesTheLongerSide) {
  expect_geometry({608, 512}, {.square = true}, {0, 0, 608, 512}, {512, 512});
  expect_geometry({500, 610}, {.square = true}, {0, 0, 500, 610}, {500, 500});
  expect_geometry({900, 1200}, {.square = true, .max_size = 512}, {0, 0, 900, 1200}, {512, 512});
  expect_geometry({608, 512}, {.width = 256, .height = 256}, {0, 0, 608, 512}, {256, 256});
}

TEST(FramePreparation, CropsTheMiddle) {
  expect_geometry({608, 512}, {.square = true, .fit = FrameFit::kCrop}, {48, 0, 512, 512}, {512, 512});
  expect_geometry({500, 611}, {.width = 256, .height = 256, .fit = FrameFit::kCrop}, {0, 55, 500, 500}, {256, 256});
  expect_geometry({640, 360}, {.width = 200, .height = 300, .fit = FrameFit::kCrop}, {200, 0, 240, 360}, {200, 300});
}

TEST(FramePreparation, ShrinksWhatIsTooLong) {
  expect_geometry({1920, 1080}, {.max_size = 640}, {0, 0, 1920, 1080}, {640, 360});
  expect_geometry({301, 1001}, {.max_size = 500}, {0, 0, 301, 1001}, {150, 500});
  expect_geometry({320, 240}, {.max_size = 640}, {0, 0, 320, 240}, {320, 240});
}

TEST(FramePreparation, NamesEveryProblem) {
  std::string message = "accepted";
  try {
    require_valid({.width = 256, .square = true, .jpeg_quality = 0, .stride = 0});
  } catch (const DataError& error) {
    message = error.what();
  }
  for (const char* part : {"height = 0", "square", "JPEG quality = 0", "stride = 0"}) {
    EXPECT_THAT(message, testing::HasSubstr(part));
  }
  EXPECT_NO_THROW(require_valid({}));
  EXPECT_THROW(require_valid({.width = 70000, .height = 10}), DataError);
}

TEST(FramePreparation, PredictsTheBytesOfPortraits) {
  EXPECT_NEAR(static_cast<double>(predicted_jpeg_bytes(256, 256, {})), 20'000, 6'000);
  EXPECT_NEAR(static_cast<double>(predicted_jpeg_bytes(512, 512, {})), 79'000, 17'000);
  EXPECT_LT(predicted_jpeg_bytes(256, 256, {.jpeg_quality = 90}), predicted_jpeg_bytes(256, 256, {}));
  EXPECT_GT(predicted_jpeg_bytes(256, 256, {.full_chroma = true}), predicted_jpeg_bytes(256, 256, {}));
}

}  // namespace
}  // namespace understudy
