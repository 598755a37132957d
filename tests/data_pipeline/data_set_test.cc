#include "data_pipeline/data_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using ::testing::ElementsAre;

TEST(DataSet, GivesBackWhatWasWritten) {
  const TemporaryFolder folder;
  const TinySet tiny{.masks = true, .truth = true, .clips_per_video = 2};
  write_tiny_set(folder.path() / "set", tiny);
  const DataSet set = DataSet::open(folder.path() / "set", {.landmarks = true, .masks = true});
  ASSERT_EQ(set.clips().size(), 6U);
  ASSERT_EQ(set.identities().size(), 3U);
  ASSERT_EQ(set.videos().size(), 3U);
  EXPECT_EQ(set.frame_count(), 24U);
  EXPECT_EQ(set.source(), "tiny");
  const ClipRecord clip = tiny_clip(tiny, 1, 1);
  EXPECT_EQ(set.clips()[3].name, clip.name);
  EXPECT_EQ(set.identities()[set.clips()[3].identity].name, clip.identity);
  EXPECT_EQ(set.videos()[set.clips()[3].video].name, clip.video);
  for (std::uint32_t frame = 0; frame < 4; ++frame) {
    const FrameRef ref{3, frame};
    EXPECT_EQ(set.read_frame(ref), clip.frames[frame]);
    EXPECT_EQ(set.landmarks(ref).xy, clip.annotations.landmarks[frame].xy);
    EXPECT_EQ(set.mask(ref)->coverage,
              decode_mask(clip.annotations.masks[frame], MaskCodec::kBitsDeflate, 32, 32, "").coverage);
    EXPECT_EQ(set.truth(ref)->pose, clip.annotations.truth.pose[frame]);
    EXPECT_EQ(set.truth(ref)->expression, clip.annotations.truth.expression[frame]);
    EXPECT_EQ(set.decode_frame(ref).rgb, decode_jpeg(clip.frames[frame], "").rgb);
  }
  EXPECT_EQ(set.identity_truth(3), clip.annotations.truth.identity);
  EXPECT_EQ(set.landmark_reference_size(), 256.0F);
}

}  // namespace
}  // namespace understudy
