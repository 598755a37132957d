#include "data_pipeline/set_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using ::testing::HasSubstr;

TEST(SetFormat, NamesFiles) {
  EXPECT_EQ(frame_shard_name(7), "frames-00007.h5");
  EXPECT_EQ(annotation_shard_name(12, AnnotationKind::kLandmark68), "frames-00012.landmark68.h5");
  EXPECT_EQ(annotation_shard_name(12, AnnotationKind::kLandmark68, 2), "frames-00012.landmark68-2.h5");
  EXPECT_EQ(annotation_format(AnnotationKind::kMask), "understudy.mask");
  EXPECT_EQ(partial_name("index.h5"), "index.h5.partial");
}

TEST(SetFormat, TellsAFileOfAnotherKind) {
  const TemporaryFolder folder;
  Hdf5Writer writer(folder.path() / "x.h5");
  write_format(writer, kIndexFormat);
  writer.close();
  const Hdf5Reader reader(folder.path() / "x.h5");
  EXPECT_NO_THROW(require_format(reader, kIndexFormat, "x.h5"));
  EXPECT_THAT(message_of([&] { require_format(reader, kFramesFormat, "x.h5"); }),
              HasSubstr("x.h5: format is \"understudy.index\" where \"understudy.frames\" is wanted"));
}

TEST(SetFormat, AcceptsEveryMinorVersionOfItsMajor) {
  EXPECT_NO_THROW(require_version(1, 0, "x"));
  EXPECT_NO_THROW(require_version(1, 77, "x"));
  EXPECT_THAT(message_of([] { require_version(2, 3, "x.h5"); }), HasSubstr("x.h5: format version 2.3"));
  EXPECT_THAT(message_of([] { require_version(0, 9, "x.h5"); }), HasSubstr("pack the set again"));
}

}  // namespace
}  // namespace understudy
