#include <fmt/format.h>
#include <gmock/gmock.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "data_pipeline/packer/input_options.h"
#include "tests/data_pipeline/damage.h"
#include "tests/data_pipeline/media_fixture.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using testing::ElementsAre;

void write_bytes(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
  std::filesystem::create_directories(path.parent_path());
  write_file_atomically(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::vector<std::byte> jpeg_of(int width, int height, std::uint64_t number) {
  return encode_jpeg(tiny_picture(width, height, 7, number), 88);
}

class FileClipInput : public testing::Test {
 protected:
  const std::filesystem::path& root() const { return folder_.path(); }

  std::string video(const std::string& name, int width = 96, int height = 64, int frames = 6) const {
    std::filesystem::create_directories((root() / name).parent_path());
    write_numbered_video(root() / name, width, height, frames, {});
    return name;
  }

  std::variant<ClipRecord, Rejection> read(InputOptions options = {}) const {
    options.path = root();
    const auto input = open_clip_input(options);
    const Listing listing = input->list();
    if (listing.clips.empty()) throw DataError(listing.rejections.at(0).detail);
    return input->read(listing.clips.at(0));
  }
  ClipRecord record(InputOptions options = {}) const {
    auto result = read(std::move(options));
    if (const auto* rejection = std::get_if<Rejection>(&result)) throw DataError(rejection->detail);
    return std::get<ClipRecord>(std::move(result));
  }
  Rejection rejection(InputOptions options = {}) const { return std::get<Rejection>(read(std::move(options))); }

 private:
  TemporaryFolder folder_;
};

/// Where the bright square of numbered_frame is.
int number_of(const std::vector<std::byte>& jpeg) {
  const Picture picture = decode_jpeg(jpeg, "frame");
  for (int number = 0;; ++number) {
    if (picture.pixel(8 + 8 * number, 8)[0] > 200) return number;
  }
}

TEST_F(FileClipInput, PacksAVideoWhole) {
  video("train/id1#v.w#000010#000016.mp4");
  const ClipRecord clip = record();
  EXPECT_EQ(clip.name, "id1#v.w#000010#000016");
  EXPECT_EQ(clip.identity, "id1");
  EXPECT_EQ(clip.video, "v.w");
  EXPECT_EQ(clip.width, 96);
  EXPECT_EQ(clip.height, 64);
  EXPECT_EQ(clip.fps_num, 25U);
  EXPECT_EQ(clip.fps_den, 1U);
  EXPECT_THAT(clip.source_index, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(clip.source_box, ElementsAre(0, 0, 0, 0));
  ASSERT_EQ(clip.frames.size(), 6U);
  for (int i = 0; i < 6; ++i) {
    const Picture frame = decode_jpeg(clip.frames[static_cast<std::size_t>(i)], "frame");
    EXPECT_LT(mean_difference(frame, numbered_frame(96, 64, i)), 6);
  }
}

TEST_F(FileClipInput, TakesEveryNthFrame) {
  video("id1#v#1.mp4", 96, 64, 7);
  const ClipRecord clip = record({.frames = {.stride = 3}});
  EXPECT_THAT(clip.source_index, ElementsAre(0, 3, 6));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(number_of(clip.frames[i]), static_cast<int>(3 * i));
  EXPECT_EQ(clip.fps_num, 25U);
  EXPECT_EQ(clip.fps_den, 3U);
}

TEST_F(FileClipInput, ResizesAndCropsFrames) {
  video("id1#v#1.mp4", 96, 64, 3);
  const ClipRecord squeezed = record({.frames = {.square = true}});
  EXPECT_EQ(squeezed.width, 64);
  EXPECT_EQ(squeezed.height, 64);
  EXPECT_EQ(jpeg_size(squeezed.frames[2], "frame"), (PictureSize{64, 64}));

  const ClipRecord cropped = record({.frames = {.width = 32, .height = 32, .fit = FrameFit::kCrop}});
  const Picture frame = decode_jpeg(cropped.frames[0], "frame");
  const Picture middle = numbered_frame(96, 64, 0);
  EXPECT_NEAR(frame.pixel(1, 28)[0], middle.pixel(16 + 3, 57)[0], 6);
  EXPECT_NEAR(frame.pixel(30, 28)[0], middle.pixel(16 + 61, 57)[0], 6);
}

TEST_F(FileClipInput, KeepsJpegFilesByteForByte) {
  std::vector<std::vector<std::byte>> files;
  for (int i = 0; i < 3; ++i) {
    files.push_back(jpeg_of(48, 40, static_cast<std::uint64_t>(i)));
    write_bytes(root() / fmt::format("train/id1#v#1.mp4/{:07}.jpg", i), files.back());
  }
  EXPECT_EQ(record().frames, files);
  const ClipRecord smaller = record({.frames = {.width = 24, .height = 20}});
  EXPECT_EQ(jpeg_size(smaller.frames[1], "frame"), (PictureSize{24, 20}));
}

TEST_F(FileClipInput, TakesFrameNumbersFromNamesThatAreNumbers) {
  for (const int number : {100, 25, 0})
    write_bytes(root() / fmt::format("img/id1/v/{}.jpg", number), jpeg_of(40, 40, 1));
  write_bytes(root() / "img/id1/v/50.png", encode_png(tiny_picture(40, 40, 7, 1)));
  const ClipRecord clip = record();
  EXPECT_EQ(clip.name, "id1#v#000");
  EXPECT_THAT(clip.source_index, ElementsAre(0, 25, 50, 100));
  write_bytes(root() / "img/id1/v/last.jpg", jpeg_of(40, 40, 2));
  EXPECT_THAT(record().source_index, ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(FileClipInput, RejectsWhatCannotBeRead) {
  write_file_atomically(root() / "id1#v#1.mp4", "these are no moving pictures");
  const Rejection text = rejection();
  EXPECT_EQ(text.source, "id1#v#1.mp4");
  EXPECT_EQ(text.reason, RejectionReason::kUnreadable);
  EXPECT_THAT(text.detail, testing::StartsWith("id1#v#1.mp4: is neither"));
}

TEST_F(FileClipInput, RejectsVideosThatEndEarlyOrAreDamaged) {
  const std::string whole = read_file(root() / video("id1#v#1.mkv", 96, 64, 12));
  std::string damaged = whole;
  for (std::size_t i = whole.size() * 6 / 10; i < whole.size() * 8 / 10; ++i) damaged[i] = static_cast<char>(~whole[i]);
  write_file_atomically(root() / "id1#v#1.mkv", damaged);
  const Rejection first = rejection();
  EXPECT_EQ(first.reason, RejectionReason::kDamaged);
  EXPECT_THAT(first.detail, testing::StartsWith("id1#v#1.mkv: cannot decode frame"));

  std::filesystem::remove(root() / "id1#v#1.mkv");
  const std::string begun = read_file(root() / video("id1#v#1.mp4", 96, 64, 60));  // tables before frames
  write_file_atomically(root() / "id1#v#1.mp4", begun.substr(0, begun.size() * 6 / 10));
  const Rejection second = rejection();
  EXPECT_EQ(second.reason, RejectionReason::kDamaged);
  EXPECT_THAT(second.detail, testing::StartsWith("id1#v#1.mp4: "));
}

TEST_F(FileClipInput, RejectsFoldersByWhatIsWrongWithThem) {
  const std::filesystem::path clip = root() / "id1#v#1";
  std::filesystem::create_directories(clip);
  EXPECT_EQ(rejection().reason, RejectionReason::kEmpty);
  write_bytes(clip / "0.jpg", jpeg_of(40, 40, 0));
  EXPECT_EQ(rejection().reason, RejectionReason::kTooFewFrames);
  EXPECT_EQ(rejection().detail, "1 frames to pack; 2 are needed");
  EXPECT_EQ(record({.frames = {.min_frames = 1}}).frames.size(), 1U);

  write_bytes(clip / "1.jpg", jpeg_of(40, 39, 1));
  EXPECT_EQ(rejection().reason, RejectionReason::kSize);
  EXPECT_EQ(rejection().detail, "frame 1 is 40 x 39 pixels, the first one 40 x 40");
  EXPECT_EQ(rejection({.frames = {.min_size = 41}}).detail, "frames of 40 x 40 pixels; the shorter side must have 41");

  std::vector<std::byte> cut = jpeg_of(40, 40, 1);
  cut.resize(cut.size() * 2 / 3);
  write_bytes(clip / "1.jpg", cut);
  EXPECT_EQ(rejection().reason, RejectionReason::kDamaged);
  EXPECT_THAT(rejection().detail, testing::StartsWith("id1#v#1/1.jpg: cannot decode JPEG"));
  write_bytes(clip / "1.jpg", {std::byte{1}});
  EXPECT_THAT(rejection().detail, testing::StartsWith("id1#v#1/1.jpg: begins neither"));
}

TEST_F(FileClipInput, BelievesTheMetadataMoreThanTheContainer) {
  video("id1#v#000010#000018.mp4", 96, 64, 6);
  const auto metadata = [&](int end) {
    write_file_atomically(root() / "vox-metadata.csv",
                          fmt::format("video_id,start,end,bbox,fps,width,height,partition,person_id\n"
                                      "v,10,{},100-50-292-178,25.0,1280,720,test,id1\n",
                                      end));
    return InputOptions{.metadata = root() / "vox-metadata.csv", .frames = {.square = true, .fit = FrameFit::kCrop}};
  };
  const ClipRecord clip = record(metadata(18));                  // two may be missing
  EXPECT_THAT(clip.source_box, ElementsAre(132, 50, 260, 178));  // the middle 64 of 96 columns, at twice the size
  EXPECT_THAT(clip.source_size, ElementsAre(1280, 720));
  write_numbered_video(root() / "id1#v#000010#000018.mp4", 96, 64, 5, {});
  EXPECT_EQ(rejection(metadata(18)).reason, RejectionReason::kTooFewFrames);
  EXPECT_EQ(rejection(metadata(18)).detail, "5 frames; the metadata say 8");
}

TEST_F(FileClipInput, RefusesMetadataOfOtherClips) {
  video("id1#v#000010#000016.mp4");
  const InputOptions options{.metadata = root() / "vox-metadata.csv"};
  const auto write = [&](const std::string& rows) {
    write_file_atomically(options.metadata, "video_id,start,end,person_id\nv,10,19,id1\n" + rows);
  };
  write("");
  EXPECT_THAT(message_of([&] { record(options); }),
              testing::AllOf(testing::HasSubstr("vox-metadata.csv: none of its 1 rows is of one of the 1 clips"),
                             testing::HasSubstr("id1#v#000010#000016")));
  write("v,10,16,id1\n");
  EXPECT_EQ(record(options).frames.size(), 6U);
}

class Shifting : public ClipAnnotator {
 public:
  ClipAnnotations read(const ListedClip& clip, const ClipFrames& frames) const override {
    if (clip.name != "id1#v#1") throw ClipRejected(RejectionReason::kLandmarksMissing, "no file");
    seen = frames;
    ClipAnnotations annotations;
    annotations.landmarks.resize(frames.position.size());
    return annotations;
  }
  mutable ClipFrames seen;
};

TEST_F(FileClipInput, TellsTheAnnotatorWhichFramesArePacked) {
  for (int i = 0; i < 5; ++i) write_bytes(root() / fmt::format("id1#v#1/{}.jpg", 10 * i), jpeg_of(48, 40, 3));
  const Shifting annotator;
  const InputOptions options{.frames = {.square = true, .fit = FrameFit::kCrop, .stride = 2}, .annotator = &annotator};
  EXPECT_EQ(record(options).annotations.landmarks.size(), 3U);
  EXPECT_EQ(annotator.seen.source_frames, 5U);
  EXPECT_THAT(annotator.seen.position, ElementsAre(0, 2, 4));
  EXPECT_THAT(annotator.seen.source_index, ElementsAre(0, 20, 40));
  EXPECT_THAT(annotator.seen.frame_names, ElementsAre("0", "20", "40"));
  EXPECT_THAT(annotator.seen.crop, ElementsAre(4, 0, 44, 40));
  EXPECT_EQ(annotator.seen.decoded_width, 48);
  EXPECT_EQ(annotator.seen.width, 40);

  std::filesystem::rename(root() / "id1#v#1", root() / "id1#w#1");
  EXPECT_EQ(rejection(options).reason, RejectionReason::kLandmarksMissing);
}

TEST_F(FileClipInput, PredictsBytesFromHeaders) {
  video("id1#a#1.mp4", 96, 64, 6);
  std::uint64_t kept = 0;
  for (int i = 0; i < 3; ++i) {
    write_bytes(root() / fmt::format("id1#b#1/{}.jpg", i), jpeg_of(48, 40, static_cast<std::uint64_t>(i)));
    kept += jpeg_of(48, 40, static_cast<std::uint64_t>(i)).size();
  }
  write_file_atomically(root() / "id1#c#1.mp4", "nothing");
  const auto input = open_clip_input({.path = root()});
  const Listing listing = input->list();
  EXPECT_EQ(input->predict_bytes(listing.clips[0]), 6 * predicted_jpeg_bytes(96, 64, {}));
  EXPECT_EQ(input->predict_bytes(listing.clips[1]), kept);
  EXPECT_EQ(input->predict_bytes(listing.clips[2]), 0U);
  const auto squared = open_clip_input({.path = root(), .frames = {.square = true, .stride = 4}});
  EXPECT_EQ(squared->predict_bytes(listing.clips[0]), 2 * predicted_jpeg_bytes(64, 64, {}));
}

TEST_F(FileClipInput, FitsASet) {
  video("id2#v#1.mp4");
  video("id1#v#1.mp4");
  const auto input = open_clip_input({.path = root()});
  SetWriter writer(root() / "set", {});
  for (const ListedClip& clip : input->list().clips) writer.add(std::get<ClipRecord>(input->read(clip)));
  EXPECT_NO_THROW(writer.finish());
}

}  // namespace
}  // namespace understudy
