#include <fmt/format.h>
#include <gmock/gmock.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "data_pipeline/packer/input_options.h"
#include "tests/data_pipeline/packer/foreign_hdf5.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kWidth = 24;
constexpr int kHeight = 16;

Picture frame(std::uint64_t number) {
  return tiny_picture(kWidth, kHeight, 7, number);
}

std::vector<std::uint8_t> interleaved(std::uint64_t first, std::uint64_t count) {
  std::vector<std::uint8_t> bytes;
  for (std::uint64_t i = first; i < first + count; ++i) {
    const Picture picture = frame(i);
    bytes.insert(bytes.end(), picture.rgb.begin(), picture.rgb.end());
  }
  return bytes;
}

/// [count, 3, height, width] in [0, 1], blue first.
std::vector<float> planar_bgr(std::uint64_t first, std::uint64_t count) {
  std::vector<float> values;
  for (std::uint64_t i = first; i < first + count; ++i) {
    const Picture picture = frame(i);
    for (std::size_t c = 3; c-- > 0;) {
      for (std::size_t p = c; p < picture.rgb.size(); p += 3)
        values.push_back(static_cast<float>(picture.rgb[p]) / 255.0F);
    }
  }
  return values;
}

std::vector<std::vector<std::byte>> jpegs(std::uint64_t first, std::uint64_t count) {
  std::vector<std::vector<std::byte>> files;
  for (std::uint64_t i = first; i < first + count; ++i) files.push_back(encode_jpeg(frame(i), 95));
  return files;
}

class Hdf5ClipInputTest : public testing::Test {
 protected:
  std::filesystem::path file() const { return folder_.path() / "faces.h5"; }

  std::unique_ptr<ClipInput> open(std::string_view mapping, FramePreparation frames = {}) const {
    write_file_atomically(folder_.path() / "mapping.toml", mapping);
    return open_clip_input({.path = file(), .mapping = folder_.path() / "mapping.toml", .frames = frames});
  }

  std::string problem(std::string_view mapping) const {
    try {
      open(mapping);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }

  static std::vector<std::string> names(const Listing& listing) {
    std::vector<std::string> lines;
    for (const ListedClip& clip : listing.clips) {
      lines.push_back(fmt::format("{} {} {} [{}] {}", clip.name, clip.identity, clip.video, clip.split, clip.source));
    }
    return lines;
  }

  static ClipRecord record(const ClipInput& input, std::size_t clip) {
    auto result = input.read(input.list().clips.at(clip));
    if (const auto* rejection = std::get_if<Rejection>(&result)) throw DataError(rejection->detail);
    return std::get<ClipRecord>(std::move(result));
  }
  static Rejection rejection(const ClipInput& input, std::size_t clip) {
    return std::get<Rejection>(input.read(input.list().clips.at(clip)));
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(Hdf5ClipInputTest, ReadsGroupsOfEveryKindOfFrames) {
  {
    ForeignHdf5 made(file());
    made.table("/train/id1/a/0/frames", H5T_STD_U8LE, H5T_NATIVE_UINT8, {5, kHeight, kWidth, 3}, interleaved(0, 5), 3);
    made.byte_lists("/test/id2/b/0/frames", jpegs(10, 3));
    std::vector<float> landmarks(5 * 136, 0.0F);
    landmarks[136 + 5] = 100.5F;
    made.table("/train/id1/a/0/points", H5T_IEEE_F64BE, H5T_NATIVE_FLOAT, {5, 68, 2}, landmarks, 2);
  }
  const auto input = open("[hdf5]\ngroup = \"/{split}/{identity}/{video}/{clip}\"\nfps = 29.97\n", {.stride = 2});
  EXPECT_THAT(
      names(input->list()),
      ElementsAre("id1#a#0 id1 a [train] faces.h5:/train/id1/a/0", "id2#b#0 id2 b [test] faces.h5:/test/id2/b/0"));
  const ClipRecord pixels = record(*input, 0);
  EXPECT_THAT(pixels.frames, ElementsAre(jpegs(0, 1)[0], jpegs(2, 1)[0], jpegs(4, 1)[0]));
  EXPECT_THAT(pixels.source_index, ElementsAre(0, 2, 4));
  EXPECT_EQ(pixels.width, kWidth);
  EXPECT_EQ(pixels.fps_num, 2997U);
  EXPECT_EQ(pixels.fps_den, 200U);
  const ClipRecord files = record(*input, 1);
  EXPECT_THAT(files.frames, ElementsAre(jpegs(10, 1)[0], jpegs(12, 1)[0]));
  EXPECT_EQ(input->predict_bytes(input->list().clips[0]), 3 * predicted_jpeg_bytes(kWidth, kHeight, {}));
  EXPECT_EQ(input->predict_bytes(input->list().clips[1]), 2 * jpegs(10, 1)[0].size());

  const auto with_points = open("[hdf5]\ngroup = \"/{split}/{identity}/{video}/{clip}\"\nlandmarks = \"points\"\n");
  const ClipRecord known = record(*with_points, 0);
  ASSERT_EQ(known.annotations.landmarks.size(), 5U);
  EXPECT_FALSE(known.annotations.landmarks[0].valid());
  EXPECT_EQ(known.annotations.landmarks[1].xy[5], 100.5F);
  EXPECT_EQ(rejection(*with_points, 1).reason, RejectionReason::kLandmarksMissing);
}

TEST_F(Hdf5ClipInputTest, MovesLandmarksWithTheCropAndChecksThem) {
  std::vector<float> face(2 * 136);
  for (std::size_t v = 0; v < face.size(); v += 2) {
    face[v] = 127.5F + static_cast<float>(v % 136);  // in the middle of the width, and to the right of it
    face[v + 1] = 100.0F;
  }
  std::vector<float> far = face;
  for (float& value : far) value *= 10.0F;
  {
    ForeignHdf5 made(file());
    for (const auto& [name, points] : {std::pair("a", &face), std::pair("b", &far)}) {
      const std::string group = fmt::format("/{}", name);
      made.table(group + "/frames", H5T_STD_U8LE, H5T_NATIVE_UINT8, {2, kHeight, kWidth, 3}, interleaved(0, 2));
      made.table(group + "/points", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, {2, 68, 2}, *points);
    }
    std::vector<float> none(2 * 136, 0.0F);
    made.table("/c/frames", H5T_STD_U8LE, H5T_NATIVE_UINT8, {2, kHeight, kWidth, 3}, interleaved(0, 2));
    made.table("/c/points", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, {2, 68, 2}, none);
  }
  const auto input =
      open("[hdf5]\ngroup = \"/{identity}\"\nlandmarks = \"points\"\n", {.square = true, .fit = FrameFit::kCrop});
  const auto xy = record(*input, 0).annotations.landmarks.at(0).xy;
  EXPECT_FLOAT_EQ(xy[0], 127.5F);             // the crop keeps the middle,
  EXPECT_FLOAT_EQ(xy[2], 127.5F + 2 * 1.5F);  // and 16 of 24 columns: distances grow by half
  EXPECT_FLOAT_EQ(xy[1], 100.0F);
  EXPECT_EQ(rejection(*input, 1).reason, RejectionReason::kLandmarkRange);
  EXPECT_EQ(rejection(*input, 2).reason, RejectionReason::kNoFace);
}

TEST_F(Hdf5ClipInputTest, ReadsPlanesOfFloatsWithBlueFirst) {
  {
    ForeignHdf5 made(file());
    made.table("/c1/x", H5T_IEEE_F32BE, H5T_NATIVE_FLOAT, {3, 3, kHeight, kWidth}, planar_bgr(0, 3), 1);
    made.text_attribute("/c1", "speaker", "id9");
    made.table<int>("/c1/number", H5T_STD_I64LE, H5T_NATIVE_INT, {}, {17});
    std::vector<float> bytes_as_floats(std::size_t{2} * 3 * kHeight * kWidth, 200.0F);
    made.table("/c2/x", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, {2, 3, kHeight, kWidth}, bytes_as_floats);
    made.text_attribute("/c2", "speaker", "id9");
    made.table<int>("/c2/number", H5T_STD_I64LE, H5T_NATIVE_INT, {}, {18});
  }
  const auto input = open(
      "[hdf5]\ngroup = \"/c{clip}\"\nframes = \"x\"\nidentity = \"@speaker\"\nvideo = \"number\"\nchannels = "
      "\"bgr\"\n");
  EXPECT_THAT(names(input->list()), ElementsAre("id9#17#1 id9 17 [] faces.h5:/c1", "id9#18#2 id9 18 [] faces.h5:/c2"));
  EXPECT_THAT(record(*input, 0).frames, jpegs(0, 3));
  EXPECT_EQ(rejection(*input, 1).reason, RejectionReason::kDamaged);
  EXPECT_EQ(rejection(*input, 1).detail, "faces.h5: /c2/x row 0 holds 200, which is not in [0, 1]");
}

TEST_F(Hdf5ClipInputTest, ReadsRowsOfOneTable) {
  {
    ForeignHdf5 made(file());
    made.table("/images", H5T_STD_U8LE, H5T_NATIVE_UINT8, {9, kHeight, kWidth, 3}, interleaved(0, 9), 4);
    made.table<int>("/begin", H5T_STD_I32LE, H5T_NATIVE_INT, {3}, {0, 4, 7});
    made.table<int>("/length", H5T_STD_I32LE, H5T_NATIVE_INT, {3}, {3, 2, 5});
    made.texts("/who", {"id1", "id2", "id1"});
    made.texts("/clip", {"u", "u", "u", "v", "v", "v", "v", "w", "w"});
    made.table<int>("/person", H5T_STD_I32LE, H5T_NATIVE_INT, {9}, {1, 1, 1, 2, 2, 2, 2, 1, 1});
  }
  const auto by_first =
      open("[hdf5]\nclips = \"rows\"\nframes = \"/images\"\nfirst = \"/begin\"\nidentity = \"/who\"\n");
  EXPECT_THAT(names(by_first->list()),
              ElementsAre("id1#000000#000 id1 000000 [] faces.h5:[0,4)",
                          "id1#000002#000 id1 000002 [] faces.h5:[7,9)",
                          "id2#000001#000 id2 000001 [] faces.h5:[4,7)"));
  EXPECT_EQ(record(*by_first, 1).frames, jpegs(7, 2));

  const auto by_length = open(
      "[hdf5]\nclips = \"rows\"\nframes = \"/images\"\nfirst = \"/begin\"\nlength = \"/length\"\nidentity = "
      "\"/who\"\n");
  EXPECT_EQ(by_length->list().clips.size(), 2U);
  EXPECT_EQ(record(*by_length, 1).frames, jpegs(4, 2));
  ASSERT_EQ(by_length->list().rejections.size(), 1U);
  EXPECT_EQ(by_length->list().rejections[0].detail, "rows 7 to 12 of 9 frames");

  const auto by_index =
      open("[hdf5]\nclips = \"rows\"\nframes = \"/images\"\nindex = \"/clip\"\nidentity = \"/person\"\n");
  EXPECT_THAT(
      names(by_index->list()),
      ElementsAre("1#u#000 1 u [] faces.h5:[0,3)", "1#w#000 1 w [] faces.h5:[7,9)", "2#v#000 2 v [] faces.h5:[3,7)"));
  EXPECT_EQ(record(*by_index, 2).frames, jpegs(3, 4));
}

TEST_F(Hdf5ClipInputTest, ListsWhatIsWrongWithAMapping) {
  {
    ForeignHdf5 made(file());
    made.table("/id1/frames", H5T_STD_U8LE, H5T_NATIVE_UINT8, {2, kHeight, kWidth, 3}, interleaved(0, 2));
    made.table<int>("/begin", H5T_STD_I32LE, H5T_NATIVE_INT, {2}, {0, 1});
    made.table<int>("/short", H5T_STD_I32LE, H5T_NATIVE_INT, {1}, {2});
    made.texts("/who", {"id1", "id2", "id3"});
  }
  const std::string in_itself = problem(
      "[hdf5]\nclips = \"rows\"\ngroup = \"/{identity}\"\nlength = \"x\"\nfarmes = \"f\"\nidentity = \"@who\"\n");
  for (const char* part : {"mapping.toml: 5 problems",
                           "mapping.toml:3: hdf5.group",
                           "hdf5.first",
                           "hdf5.length",
                           "farmes",
                           "attribute; rows have none"}) {
    EXPECT_THAT(in_itself, HasSubstr(part));
  }
  EXPECT_THAT(problem("[hdf5]\n"), HasSubstr("hdf5.group: is missing"));
  EXPECT_THAT(problem("[hdf5]\ngroup = \"/{video}\"\n"), HasSubstr("hdf5.identity: is missing"));
  EXPECT_THAT(problem("[hdf5]\ngroup = \"/{identity}\"\nidentity = \"who\"\n"), HasSubstr("hdf5.group names it too"));
  EXPECT_THAT(problem("[hdf5]\ngroup = \"/{somebody}\"\n"), HasSubstr("{somebody} is unknown"));
  EXPECT_THAT(problem("[hdf5]\ngroup = \"/x{identity}\"\n"),
              HasSubstr("no group is like \"/x{identity}\"; the files begin with \"/id1\""));
  EXPECT_THAT(problem("[hdf5]\ngroup = \"/{identity}\"\nframes = \"video\"\n"), HasSubstr("/id1/video is no table"));
  const std::string with_file = problem(
      "[hdf5]\nclips = \"rows\"\nframes = \"/id1/frames\"\nfirst = \"/begin\"\nlength = \"/short\"\nidentity = "
      "\"/who\"\n");
  EXPECT_THAT(with_file, HasSubstr("hdf5.length: "));
  EXPECT_THAT(with_file, HasSubstr("1 lengths for 2 clips"));
  EXPECT_THAT(problem("[hdf5]\nclips = \"rows\"\nframes = \"/id1/frames\"\nfirst = \"/begin\"\nidentity = \"/who\"\n"),
              HasSubstr("/who has 3 values; there are 2 clips of 2 frames"));
  EXPECT_THAT(problem("[hdf5]\nclips = \"rows\"\nframes = \"/begin\"\nfirst = \"/begin\"\nidentity = \"/who\"\n"),
              HasSubstr("/begin of shape [2] holds no frames"));
  EXPECT_THROW(open_clip_input({.path = file()}), DataError);
}

}  // namespace
}  // namespace understudy
