#include "data_pipeline/packer/clip_reading.h"

#include <gmock/gmock.h>

#include "common/errors.h"

namespace understudy {
namespace {

const ListedClip kClip{"id#v#1", "id", "v", "", "train/id#v#1.mp4"};

TEST(ClipReading, MakesMessagesTheSameWhereverTheInputLies) {
  EXPECT_EQ(one_line("/data/vox/train/a.mp4: bad\n\tin /data/vox/b", "/data/vox"), "train/a.mp4: bad  in b");
  EXPECT_EQ(one_line("/data/vox/a.mp4: bad", "/data/vox/"), "a.mp4: bad");
  EXPECT_EQ(one_line("a.h5: /group bad", ""), "a.h5: /group bad");
  EXPECT_EQ(one_line("/a.h5: /group bad", "/"), "/a.h5: /group bad");
}

TEST(ClipReading, TurnsFaultsOfAClipIntoRejections) {
  const auto reason = [](const auto& thrown) {
    const auto result = read_or_reject(kClip, "/data", [&]() -> ClipRecord { throw thrown; });
    EXPECT_EQ(std::get<Rejection>(result).source, kClip.source);
    return std::get<Rejection>(result).reason;
  };
  EXPECT_EQ(reason(ClipRejected(RejectionReason::kNoFace, "none")), RejectionReason::kNoFace);
  EXPECT_EQ(reason(DataError("bad")), RejectionReason::kUnreadable);
  const std::filesystem::filesystem_error denied(
      "status", "/data/x", std::make_error_code(std::errc::permission_denied));
  EXPECT_EQ(reason(denied), RejectionReason::kUnreadable);
  EXPECT_THROW(reason(FileError("disk full")), FileError);
  EXPECT_THROW(reason(std::bad_alloc()), std::bad_alloc);
}

TEST(ClipReading, NamesTheFileThatTheSystemRefuses) {
  const auto result = read_or_reject(kClip, "/data", []() -> ClipRecord {
    throw std::filesystem::filesystem_error("status", "/data/x", std::make_error_code(std::errc::permission_denied));
  });
  EXPECT_EQ(std::get<Rejection>(result).detail, "x: Permission denied");
}

TEST(ClipReading, FindsThePackedPartInTheRecording) {
  PackedFrames packed;
  packed.jpegs.resize(1);
  packed.frames.decoded_width = 100;
  packed.frames.decoded_height = 50;
  packed.frames.crop = {25, 0, 75, 50};
  EXPECT_THAT(make_record(kClip, packed, {25, 1}, nullptr).source_box, testing::ElementsAre(0, 0, 0, 0));
  packed.frames.source_box = {10, 20, 210, 120};
  EXPECT_THAT(make_record(kClip, packed, {25, 1}, nullptr).source_box, testing::ElementsAre(60, 20, 160, 120));
}

}  // namespace
}  // namespace understudy
