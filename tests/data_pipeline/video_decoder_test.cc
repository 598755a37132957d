#include "data_pipeline/video_decoder.h"

#include <array>
#include <string>

#include <gmock/gmock.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/data_pipeline/media_fixture.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

/// Puts the rotation matrix of a track header, which phones write instead of turning the pixels.
void set_rotation(std::string& file, std::array<std::int32_t, 4> turn) {
  constexpr std::size_t kMatrix =
      4 + 4 + 20 + 8 + 8;  // after the box's name: version, times and ids, reserved, layer ... volume
  const std::size_t at = file.find("tkhd") + kMatrix;
  const std::array<std::int32_t, 9> matrix{
      turn[0] << 16, turn[1] << 16, 0, turn[2] * 65536, turn[3] << 16, 0, 0, 0, 1 << 30};
  for (std::size_t i = 0; i < 36; ++i) {
    file[at + i] = static_cast<char>(static_cast<std::uint32_t>(matrix[i / 4]) >> (24 - 8 * (i % 4)));
  }
}

double brightness(const Picture& picture, int x, int y) {
  return *picture.pixel(x, y);
}

TEST(VideoDecoder, TurnsFramesUpright) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.mp4";
  write_numbered_video(path, 96, 64, 2, {});
  const std::string upright = read_file(path);

  std::string turned = upright;
  set_rotation(turned, {0, 1, -1, 0});  // a quarter clockwise: the top left corner goes to the top right
  write_file_atomically(path, turned);
  const auto quarter = open_video(path);
  ASSERT_EQ(quarter->width, 64);
  ASSERT_EQ(quarter->height, 96);
  EXPECT_GT(brightness(*quarter->next(), 64 - 1 - 8, 8), 220);

  set_rotation(turned, {0, -1, 1, 0});  // a quarter counter-clockwise: to the bottom left
  write_file_atomically(path, turned);
  const auto other = open_video(path);
  ASSERT_EQ(other->width, 64);
  EXPECT_GT(brightness(*other->next(), 8, 96 - 1 - 8), 220);

  set_rotation(turned, {-1, 0, 0, -1});  // upside down: to the bottom right
  write_file_atomically(path, turned);
  const auto half = open_video(path);
  ASSERT_EQ(half->width, 96);
  EXPECT_GT(brightness(*half->next(), 96 - 1 - 8, 64 - 1 - 8), 220);
}

TEST(VideoDecoder, KeepsSaturatedColours) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "colours.mp4";
  const std::array<std::array<std::uint8_t, 3>, 4> colours{{{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}}};
  VideoWriter writer(path, 64, 64, {.quality = 1});
  for (const auto& colour : colours) {
    Picture picture(64, 64);
    for (std::size_t i = 0; i < picture.rgb.size(); ++i) picture.rgb[i] = colour[i % 3];
    writer.write(picture);
  }
  writer.finish();
  const auto source = open_video(path);
  for (const auto& colour : colours) {
    const Picture frame = *source->next();
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(frame.pixel(30, 30)[c], colour[c], 4);
  }
}

TEST(VideoDecoder, RefusesDamagedAndCutVideos) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.mkv";
  write_numbered_video(path, 96, 64, 12, {});
  std::string file = read_file(path);
  for (std::size_t i = file.size() * 6 / 10; i < file.size() * 8 / 10; ++i) file[i] = static_cast<char>(~file[i]);
  write_file_atomically(path, file);
  std::string message = "accepted";
  try {
    const auto source = open_video(path);
    while (source->next()) {
    }
  } catch (const DataError& error) {
    message = error.what();
  }
  EXPECT_THAT(message,
              testing::AllOf(testing::HasSubstr("a.mkv: cannot decode frame"), testing::HasSubstr("encode it anew")));

  const auto cut = folder.path() / "cut.mp4";
  write_numbered_video(cut, 96, 64, 12, {});
  write_file_atomically(cut, read_file(cut).substr(0, 300));
  EXPECT_THROW(open_video(cut), DataError);
}

}  // namespace
}  // namespace understudy
