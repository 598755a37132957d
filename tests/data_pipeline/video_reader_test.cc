#include "data_pipeline/video_reader.h"

#include <string>

#include <gmock/gmock.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/data_pipeline/media_fixture.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string refusal_of(const std::filesystem::path& path) {
  try {
    VideoReader reader(path);
    while (reader.next()) {
    }
  } catch (const DataError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(VideoReader, ReadsAFolderInNaturalOrder) {
  const TemporaryFolder folder;
  for (const int i : {10, 9, 2, 1})
    write_png(folder.path() / ("f" + std::to_string(i) + ".png"), numbered_frame(120, 16, i));
  VideoReader reader(folder.path());
  EXPECT_EQ(reader.width(), 120);
  EXPECT_EQ(reader.height(), 16);
  EXPECT_EQ(reader.estimated_frames(), 4);
  EXPECT_EQ(reader.frame_rate(), VideoReader::kPictureRate);
  EXPECT_FALSE(reader.has_audio());
  for (const int i : {1, 2, 9, 10}) EXPECT_EQ(reader.next()->rgb, numbered_frame(120, 16, i).rgb);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.next()) << "the end stays the end";
}

TEST(VideoReader, ReadsASinglePictureAsOneFrame) {
  const TemporaryFolder folder;
  write_png(folder.path() / "face.png", numbered_frame(20, 10, 0));
  VideoReader reader(folder.path() / "face.png");
  EXPECT_EQ(reader.estimated_frames(), 1);
  EXPECT_EQ(all_frames(reader).size(), 1U);
}

TEST(VideoReader, EstimatesTheFramesOfAVideo) {
  const TemporaryFolder folder;
  for (const char* name : {"a.mp4", "a.mkv"}) {
    write_numbered_video(folder.path() / name, 64, 48, 7, {.frame_rate = {12, 1}});
    EXPECT_EQ(VideoReader(folder.path() / name).estimated_frames(), 7) << name;
  }
}

TEST(VideoReader, NamesPicturesOfDifferentSizes) {
  const TemporaryFolder folder;
  write_png(folder.path() / "1.png", Picture(16, 8));
  write_png(folder.path() / "2.png", Picture(16, 9));
  EXPECT_THAT(refusal_of(folder.path()), AllOf(HasSubstr("2.png"), HasSubstr("16 x 9"), HasSubstr("1.png is 16 x 8")));
}

TEST(VideoReader, RefusesWhatIsNeitherPictureNorVideo) {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "notes.txt", std::string(5000, 'a'));
  write_file_atomically(folder.path() / "empty.mp4", "");
  write_file_atomically(folder.path() / "list.m3u8",
                        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1/a.ts\n");
  for (const char* name : {"notes.txt", "empty.mp4", "list.m3u8"}) {
    EXPECT_THAT(refusal_of(folder.path() / name),
                AllOf(HasSubstr(name), HasSubstr("neither a picture (PNG, JPEG) nor a video")));
  }
  EXPECT_THAT(refusal_of(folder.path() / "none.mp4"), HasSubstr("no such file"));
  std::filesystem::create_directory(folder.path() / "sub");
  EXPECT_THAT(refusal_of(folder.path() / "sub"), HasSubstr("holds no picture"));
}

TEST(VideoReader, RefusesSoundWithoutPictures) {
  const TemporaryFolder folder;
  write_tone(folder.path() / "tone.m4a", "aac", 0.2);
  EXPECT_THAT(refusal_of(folder.path() / "tone.m4a"), HasSubstr("holds no picture stream"));
}

TEST(VideoReader, CanBeMoved) {
  const TemporaryFolder folder;
  write_numbered_video(folder.path() / "a.mp4", 64, 48, 3, {});
  VideoReader first(folder.path() / "a.mp4");
  first.next();
  VideoReader second(std::move(first));
  EXPECT_EQ(all_frames(second).size(), 2U);
}

}  // namespace
}  // namespace understudy
