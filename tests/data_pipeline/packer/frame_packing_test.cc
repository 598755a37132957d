#include "data_pipeline/packer/frame_packing.h"

#include <gmock/gmock.h>

#include "common/errors.h"
#include "data_pipeline/packer/clip_input.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

class FixedStream : public FrameStream {
 public:
  FixedStream(std::uint32_t frames, std::int64_t promised) : frames_(frames) { promised_frames = promised; }
  std::optional<InputFrame> next() override {
    if (at_ == fails_at) throw DataError("broken");
    if (at_ == frames_) return std::nullopt;
    return InputFrame{tiny_picture(20, 16, 7, at_++), {}};
  }
  std::uint32_t fails_at = 1'000'000;

 private:
  std::uint32_t frames_;
  std::uint32_t at_ = 0;
};

std::string reason_against(FixedStream stream, const FramePreparation& preparation = {}) {
  try {
    pack_frames(stream, preparation);
  } catch (const ClipRejected& rejected) {
    return std::string(rejection_name(rejected.reason)) + ": " + rejected.what();
  }
  return "packed";
}

TEST(FramePacking, CountsWhatItPassesOver) {
  for (const std::uint32_t frames : {7U, 8U, 9U}) {
    FixedStream stream(frames, 0);
    const PackedFrames packed = pack_frames(stream, {.stride = 3});
    EXPECT_EQ(packed.frames.source_frames, frames);
    EXPECT_THAT(packed.frames.position, testing::ElementsAre(0, 3, 6));
    EXPECT_EQ(packed.jpegs[1], encode_jpeg(tiny_picture(20, 16, 7, 3), 95));
  }
}

TEST(FramePacking, RefusesStreamsThatKeepNoPromise) {
  EXPECT_EQ(reason_against({40, 60}), "damaged: ends after 40 of 60 frames");
  EXPECT_EQ(reason_against({57, 60}), "packed");
  EXPECT_EQ(reason_against({70, 60}), "packed");
  EXPECT_EQ(reason_against({0, 0}), "empty: holds no frame");
  EXPECT_EQ(reason_against({1, 1}), "too-few-frames: 1 frames to pack; 2 are needed");
  EXPECT_EQ(reason_against({9, 9}, {.stride = 5, .min_frames = 3}), "too-few-frames: 2 frames to pack; 3 are needed");
  FixedStream broken(9, 9);
  broken.fails_at = 4;
  EXPECT_EQ(reason_against(broken), "damaged: broken");
}

TEST(FramePacking, MayMissTwoFramesOrOneInTwenty) {
  EXPECT_TRUE(may_miss(8, 10));
  EXPECT_FALSE(may_miss(7, 10));
  EXPECT_TRUE(may_miss(950, 1000));
  EXPECT_FALSE(may_miss(949, 1000));
  EXPECT_TRUE(may_miss(5, 0));
}

TEST(FramePacking, DividesTheRateByTheStride) {
  EXPECT_EQ(packed_rate({25, 1}, 1), (FrameRate{25, 1}));
  EXPECT_EQ(packed_rate({25, 1}, 5), (FrameRate{5, 1}));
  EXPECT_EQ(packed_rate({30000, 1001}, 4), (FrameRate{7500, 1001}));
}

}  // namespace
}  // namespace understudy
