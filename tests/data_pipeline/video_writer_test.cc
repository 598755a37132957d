#include "data_pipeline/video_writer.h"

#include <algorithm>
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

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

template <class Exception, class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Exception& error) {
    return error.what();
  }
  return "not thrown";
}

TEST(VideoWriter, KeepsEveryFrameInOrderAndTheFrameRate) {
  const TemporaryFolder folder;
  for (const char* name : {"out.mp4", "out.mov", "out.mkv"}) {
    write_numbered_video(folder.path() / name, 96, 64, 9, {.frame_rate = {30000, 1001}});
    VideoReader reader(folder.path() / name);
    EXPECT_EQ(reader.frame_rate(), (FrameRate{30000, 1001})) << name;
    const std::vector<Picture> frames = all_frames(reader);
    ASSERT_EQ(frames.size(), 9U) << name;
    for (int i = 0; i < 9; ++i)
      EXPECT_LT(mean_difference(frames[static_cast<std::size_t>(i)], numbered_frame(96, 64, i)), 2.5) << name << i;
  }
}

TEST(VideoWriter, StoresOddSizesOnePixelLarger) {
  const TemporaryFolder folder;
  write_numbered_video(folder.path() / "odd.mp4", 65, 33, 3, {});
  VideoReader reader(folder.path() / "odd.mp4");
  ASSERT_EQ(reader.width(), 66);
  ASSERT_EQ(reader.height(), 34);
  Picture cut(65, 33);
  const std::optional<Picture> frame = reader.next();
  ASSERT_TRUE(frame);
  for (int y = 0; y < 33; ++y) std::copy_n(frame->pixel(0, y), 65 * 3, cut.pixel(0, y));
  EXPECT_LT(mean_difference(cut, numbered_frame(65, 33, 0)), 3.0);
  EXPECT_NEAR(*frame->pixel(65, 20), *frame->pixel(64, 20), 12);
}

TEST(VideoWriter, SameFramesGiveTheSameBytes) {
  const TemporaryFolder folder;
  write_numbered_video(folder.path() / "a.mp4", 64, 48, 12, {});
  write_numbered_video(folder.path() / "b.mp4", 64, 48, 12, {});
  EXPECT_EQ(read_file(folder.path() / "a.mp4"), read_file(folder.path() / "b.mp4"));
}

TEST(VideoWriter, PublishesOnlyWhatWasFinished) {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "out.mp4", "the old file");
  {
    VideoWriter writer(folder.path() / "out.mp4", 64, 48, {});
    writer.write(numbered_frame(64, 48, 0));
    VideoWriter pictures(folder.path() / "pictures", 64, 48, {});
    pictures.write(numbered_frame(64, 48, 0));
  }
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("out.mp4"));
  EXPECT_EQ(read_file(folder.path() / "out.mp4"), "the old file");
  write_numbered_video(folder.path() / "out.mp4", 64, 48, 1, {});
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("out.mp4"));
  VideoReader reader(folder.path() / "out.mp4");
  EXPECT_EQ(all_frames(reader).size(), 1U);
}

TEST(VideoWriter, WritesNumberedPicturesWithoutLoss) {
  const TemporaryFolder folder;
  for (const char* name : {"plain", "slash/"}) {
    write_numbered_video(folder.path() / name, 33, 17, 3, {});
    EXPECT_THAT(names_in(folder.path() / name), testing::ElementsAre("000000.png", "000001.png", "000002.png"));
    VideoReader reader(folder.path() / name);
    const std::vector<Picture> frames = all_frames(reader);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(frames[static_cast<std::size_t>(i)].rgb, numbered_frame(33, 17, i).rgb);
  }
}

TEST(VideoWriter, NeverMixesIntoAFolderThatHoldsSomething) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "out");
  write_file_atomically(folder.path() / "out" / "kept.txt", "x");
  const auto message = message_of<FileError>([&] { VideoWriter(folder.path() / "out", 8, 8, {}); });
  EXPECT_THAT(message, AllOf(HasSubstr("not empty"), HasSubstr("choose another name")));
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("out"));
}

TEST(VideoWriter, RefusesWhatItCannotWrite) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of<ConfigError>([&] { VideoWriter(folder.path() / "out.webm", 64, 48, {}); }),
              AllOf(HasSubstr(".webm"), HasSubstr(".mp4, .mov, .mkv"), HasSubstr("folder of pictures")));
  EXPECT_THAT(message_of<FileError>([&] { VideoWriter(folder.path() / "none" / "out.mp4", 64, 48, {}); }),
              AllOf(HasSubstr("none/out.mp4"), HasSubstr("No such file")));
  EXPECT_THAT(message_of<ConfigError>([&] {
                VideoWriter(folder.path() / "out.mp4", 64, 48, {.frame_rate = {0, 1}});
              }),
              HasSubstr("no frame rate"));
  VideoWriter writer(folder.path() / "out.mp4", 64, 48, {});
  EXPECT_THAT(message_of<ShapeError>([&] { writer.write(Picture(32, 48)); }), HasSubstr("32 x 48"));
  EXPECT_THAT(message_of<FileError>([&] { writer.finish(); }), HasSubstr("at least one frame"));
}

TEST(VideoWriter, ReportsAFullDisk) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  const TemporaryFolder folder;
  // The partial file's name is known, so that a link can lead it to a device on which every write fails.
  const auto partial = folder.path() / ("out.mkv.tmp." + std::to_string(::getpid()));
  std::filesystem::create_symlink("/dev/full", partial);
  const auto message =
      message_of<FileError>([&] { write_numbered_video(folder.path() / "out.mkv", 64, 48, 40, {.quality = 0}); });
  EXPECT_THAT(message, AllOf(HasSubstr("No space left"), HasSubstr("free space")));
  EXPECT_THAT(names_in(folder.path()), testing::IsEmpty());
}

}  // namespace
}  // namespace understudy
