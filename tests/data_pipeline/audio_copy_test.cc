#include "data_pipeline/audio_copy.h"

#include <gmock/gmock.h>

#include "tests/data_pipeline/media_fixture.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

void expect_same_packets(const std::vector<PacketRecord>& copied,
                         const std::vector<PacketRecord>& original,
                         double tolerance = 1e-3) {
  ASSERT_EQ(copied.size(), original.size());
  for (std::size_t i = 0; i < copied.size(); ++i) {
    EXPECT_EQ(copied[i].bytes, original[i].bytes) << "packet " << i;
    EXPECT_NEAR(copied[i].begins, original[i].begins, tolerance) << "packet " << i;
  }
}

struct DrivingVideo {
  TemporaryFolder folder;
  std::filesystem::path tone = folder.path() / "tone.m4a";
  std::filesystem::path driving = folder.path() / "driving.mp4";

  DrivingVideo() {
    write_tone(tone, "aac", 0.7);
    write_numbered_video(driving, 64, 48, 10, {.frame_rate = {20, 1}, .audio_from = tone});
  }
};

TEST(AudioCopy, KeepsEveryPacketOfADrivingVideo) {
  const DrivingVideo video;
  EXPECT_TRUE(VideoReader(video.driving).has_audio());
  const auto original = packets_of(video.driving, AVMEDIA_TYPE_AUDIO);
  ASSERT_GT(original.size(), 10U);
  EXPECT_THAT(original.front().bytes, testing::Not(testing::IsEmpty()));
  expect_same_packets(original, packets_of(video.tone, AVMEDIA_TYPE_AUDIO));
  for (const char* name : {"out.mp4", "out.mov", "out.mkv"}) {
    SCOPED_TRACE(name);
    const auto result = video.folder.path() / name;
    write_numbered_video(result, 64, 48, 10, {.frame_rate = {20, 1}, .audio_from = video.driving});
    const auto copied = packets_of(result, AVMEDIA_TYPE_AUDIO);
    // Matroska has no times before zero: there all streams move by the encoder's delay.
    const double shift = copied.front().begins - original.front().begins;
    EXPECT_LT(shift, name == std::string("out.mkv") ? 0.07 : 1e-9);
    std::vector<PacketRecord> moved = original;
    for (PacketRecord& packet : moved) packet.begins += shift;
    expect_same_packets(copied, moved);
    EXPECT_NEAR(packets_of(result, AVMEDIA_TYPE_VIDEO).front().begins, shift, 1e-3)
        << "picture and sound move together";
    VideoReader reader(result);
    EXPECT_EQ(all_frames(reader).size(), 10U);
  }
}

TEST(AudioCopy, CountsTimesFromTheFirstPictureOfTheSource) {
  const DrivingVideo video;
  const auto late = video.folder.path() / "late.mkv";
  write_numbered_video(late, 64, 48, 10, {.frame_rate = {20, 1}, .audio_from = video.driving});
  ASSERT_GT(packets_of(late, AVMEDIA_TYPE_VIDEO).front().begins, 0.05);
  const auto result = video.folder.path() / "result.mp4";
  write_numbered_video(result, 64, 48, 10, {.frame_rate = {20, 1}, .audio_from = late});
  EXPECT_NEAR(packets_of(result, AVMEDIA_TYPE_VIDEO).front().begins, 0.0, 1e-9);
  // Matroska rounds every time to a millisecond.
  expect_same_packets(packets_of(result, AVMEDIA_TYPE_AUDIO), packets_of(video.driving, AVMEDIA_TYPE_AUDIO), 2e-3);
}

TEST(AudioCopy, KeepsSoundThatOutlastsThePictures) {
  const DrivingVideo video;
  const auto result = video.folder.path() / "short.mp4";
  write_numbered_video(result, 64, 48, 2, {.frame_rate = {20, 1}, .audio_from = video.driving});
  EXPECT_EQ(packets_of(result, AVMEDIA_TYPE_AUDIO).size(), packets_of(video.driving, AVMEDIA_TYPE_AUDIO).size());
}

TEST(AudioCopy, FindsNothingInSilentInputs) {
  const TemporaryFolder folder;
  write_numbered_video(folder.path() / "silent.mp4", 64, 48, 2, {});
  write_numbered_video(folder.path() / "pictures", 64, 48, 2, {});
  for (const char* name : {"silent.mp4", "pictures", "pictures/000000.png"}) {
    EXPECT_FALSE(AudioCopy::open(folder.path() / name)) << name;
    const auto result = folder.path() / "result.mp4";
    write_numbered_video(result, 64, 48, 2, {.audio_from = folder.path() / name});
    EXPECT_FALSE(VideoReader(result).has_audio());
  }
}

TEST(AudioCopy, RefusesSoundThatTheContainerCannotHoldBeforeAnyFrame) {
  const TemporaryFolder folder;
  write_tone(folder.path() / "tone.wav", "pcm_s16le", 0.2);
  try {
    VideoWriter(folder.path() / "out.mp4", 64, 48, {.audio_from = folder.path() / "tone.wav"});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(
        error.what(),
        testing::AllOf(testing::HasSubstr("out.mp4"), testing::HasSubstr("pcm_s16le"), testing::HasSubstr(".mkv")));
  }
  write_numbered_video(folder.path() / "out.mkv", 64, 48, 4, {.audio_from = folder.path() / "tone.wav"});
  std::size_t bytes = 0;
  for (const auto& packet : packets_of(folder.path() / "out.mkv", AVMEDIA_TYPE_AUDIO)) bytes += packet.bytes.size();
  std::size_t original = 0;
  for (const auto& packet : packets_of(folder.path() / "tone.wav", AVMEDIA_TYPE_AUDIO)) original += packet.bytes.size();
  EXPECT_EQ(bytes, original);
}

}  // namespace
}  // namespace understudy
