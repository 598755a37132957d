#include "data_pipeline/annotation_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_pipeline/frame_shard.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using ::testing::ElementsAre;

std::vector<AnnotationKind> kinds_written(const ClipRecord& clip) {
  const TemporaryFolder folder;
  const SetOptions options;
  FrameShardWriter frames(folder.path(), 0, options);
  frames.add(clip);
  AnnotationCollector collector;
  collector.add(clip.annotations, clip.frames.size());
  std::vector<AnnotationKind> kinds;
  for (const auto& written : collector.write(folder.path(), {0, std::string(64, '0'), &frames.tables()}, options))
    kinds.push_back(written.kind);
  return kinds;
}

TEST(AnnotationCollector, WritesTheKindsThatAnyClipHas) {
  EXPECT_THAT(kinds_written(tiny_clip({.landmarks = false}, 0, 0)), ElementsAre());
  EXPECT_THAT(kinds_written(tiny_clip({}, 0, 0)), ElementsAre(AnnotationKind::kLandmark68));
  EXPECT_THAT(kinds_written(tiny_clip({.landmarks = false, .masks = true, .truth = true}, 0, 0)),
              ElementsAre(AnnotationKind::kMask, AnnotationKind::kSynthetic));
}

TEST(AnnotationCollector, RowsWithoutAnyFaceCountAsNone) {
  ClipRecord clip = tiny_clip({}, 0, 0);
  clip.annotations.landmarks.assign(4, {});
  EXPECT_THAT(kinds_written(clip), ElementsAre());
}

}  // namespace
}  // namespace understudy
