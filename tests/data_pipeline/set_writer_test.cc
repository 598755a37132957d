#include "data_pipeline/set_writer.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "data_pipeline/data_set.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;

std::map<std::string, std::string> contents_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files[entry.path().filename().string()] = read_file(entry.path());
  }
  return files;
}

TEST(SetWriter, SameClipsGiveTheSameBytes) {
  const TemporaryFolder folder;
  const TinySet tiny{.masks = true, .truth = true};
  write_tiny_set(folder.path() / "a", tiny);
  write_tiny_set(folder.path() / "b", tiny);
  const auto files = contents_of(folder.path() / "a");
  EXPECT_THAT(files,
              ElementsAre(Key("frames-00000.h5"),
                          Key("frames-00000.landmark68.h5"),
                          Key("frames-00000.mask.h5"),
                          Key("frames-00000.synthetic.h5"),
                          Key("index.h5"),
                          Key("set.toml")));
  EXPECT_TRUE(files == contents_of(folder.path() / "b"));
}

TEST(SetWriter, ShardsHoldWholeClipsUpToTheirSize) {
  const TemporaryFolder folder;
  std::uint64_t clip_bytes = 0;
  for (const auto& frame : tiny_clip({}, 0, 0).frames) clip_bytes += frame.size();
  write_tiny_set(folder.path() / "set", {}, {.shard_bytes = clip_bytes * 5 / 2});
  const SetManifest manifest = read_set_manifest(folder.path() / "set" / "set.toml");
  ASSERT_EQ(manifest.shards.size(), 3U);
  for (const ShardEntry& shard : manifest.shards) EXPECT_EQ(shard.clips, 2U);
}

// The bytes are read back by HDF5's own calls, as any other program would.
TEST(SetWriter, WritesWhatPlainHdf5Reads) {
  const TemporaryFolder folder;
  write_tiny_set(folder.path() / "set", {.clips_per_video = 2});
  edit_hdf5(folder.path() / "set" / "frames-00000.h5", [](hid_t file) {
    const auto offset = read_table<std::uint64_t>(file, "/frame/offset", H5T_NATIVE_UINT64);
    const auto bytes = read_table<std::uint8_t>(file, "/frame/bytes", H5T_NATIVE_UINT8);
    const auto first = read_table<std::uint64_t>(file, "/clip/first_frame", H5T_NATIVE_UINT64);
    const auto size = read_table<std::uint16_t>(file, "/clip/size", H5T_NATIVE_UINT16);
    ASSERT_THAT(first, ElementsAre(0, 4, 8, 12, 16, 20, 24));
    EXPECT_EQ(size[6], 32);
    const auto jpeg = tiny_clip({.clips_per_video = 2}, 1, 0).frames[1];
    const std::size_t row = first[2] + 1;
    ASSERT_EQ(offset[row + 1] - offset[row], jpeg.size());
    EXPECT_EQ(std::memcmp(bytes.data() + offset[row], jpeg.data(), jpeg.size()), 0);
  });
  edit_hdf5(folder.path() / "set" / "index.h5", [](hid_t file) {
    EXPECT_THAT(read_table<std::uint32_t>(file, "/identity/first_video", H5T_NATIVE_UINT32), ElementsAre(0, 1, 2, 3));
    EXPECT_THAT(read_table<std::uint32_t>(file, "/identity/first_clip", H5T_NATIVE_UINT32), ElementsAre(0, 2, 4, 6));
    EXPECT_THAT(read_table<std::uint32_t>(file, "/video/first_clip", H5T_NATIVE_UINT32), ElementsAre(0, 2, 4, 6));
    EXPECT_THAT(read_table<std::uint32_t>(file, "/clip/clip_in_shard", H5T_NATIVE_UINT32),
                ElementsAre(0, 1, 2, 3, 4, 5));
    const hid_t table = H5Dopen2(file, "/clip/name", H5P_DEFAULT);
    const hid_t type = H5Dget_type(table);
    std::vector<char> names(6 * H5Tget_size(type));
    H5Dread(table, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, names.data());
    EXPECT_EQ(H5Tget_size(type), 64U);
    EXPECT_STREQ(names.data() + 64, "id00#video00#001");
    H5Tclose(type);
    H5Dclose(table);
  });
}

TEST(SetWriter, RemovesTheRestOfAnEarlierAttempt) {
  const TemporaryFolder folder;
  const std::filesystem::path set = folder.path() / "set";
  std::filesystem::create_directory(set);
  for (const char* name : {"frames-00009.h5",
                           "frames-00000.h5.partial",
                           "frames-00000.payload.partial.tmp.77",
                           "notes.txt",
                           "unfinished"}) {
    write_file_atomically(set / name, "left over");
  }
  write_tiny_set(set, {.landmarks = false});
  EXPECT_THAT(contents_of(set),
              ElementsAre(Key("frames-00000.h5"), Key("index.h5"), Key("notes.txt"), Key("set.toml")));
}

TEST(SetWriter, LeavesWhatAPackBegan) {
  for (const char* name : {"frames-00000.h5", "frames-00000.h5.partial", "packing/plan.tsv"}) {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "packing");
    write_file_atomically(folder.path() / name, "of a pack");
    if (std::filesystem::is_empty(folder.path() / "packing")) std::filesystem::remove(folder.path() / "packing");
    EXPECT_THAT(message_of([&] { SetWriter(folder.path(), {}); }), HasSubstr("`understudy pack` has begun")) << name;
    EXPECT_EQ(read_file(folder.path() / name), "of a pack");
  }
}

TEST(SetWriter, BeginsAnewWhereItWasBrokenOff) {
  const TemporaryFolder folder;
  {
    SetWriter writer(folder.path() / "set", {.shard_bytes = 1});
    for (std::uint32_t clip = 0; clip < 2; ++clip) writer.add(tiny_clip({}, 0, clip));
  }
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "set" / "frames-00000.h5"));
  write_tiny_set(folder.path() / "set");
  write_tiny_set(folder.path() / "at once");
  EXPECT_TRUE(contents_of(folder.path() / "set") == contents_of(folder.path() / "at once"));
}

TEST(SetWriter, NeverWritesOverASet) {
  const TemporaryFolder folder;
  write_tiny_set(folder.path() / "set");
  EXPECT_THAT(message_of([&] { SetWriter(folder.path() / "set", {}); }), HasSubstr("already holds a data set"));
}

class SetWriterRefusal : public ::testing::Test {
 protected:
  std::string error_of(const ClipRecord& clip) {
    return message_of([&] { writer_.add(clip); });
  }
  TemporaryFolder folder_;
  SetWriter writer_{folder_.path() / "set", {}};
  ClipRecord clip_ = tiny_clip({}, 1, 0);
};

TEST_F(SetWriterRefusal, ClipsOutOfOrder) {
  writer_.add(clip_);
  EXPECT_THAT(error_of(clip_), HasSubstr("each once"));
  EXPECT_THAT(error_of(tiny_clip({}, 0, 1)),
              AllOf(HasSubstr("id00#video01#001"), HasSubstr("sorted by (identity, name)")));
}

TEST_F(SetWriterRefusal, AVideoInTwoPieces) {
  writer_.add(clip_);
  ClipRecord second = tiny_clip({}, 1, 1);
  writer_.add(second);
  second.name += "x";
  second.video = clip_.video;
  EXPECT_THAT(error_of(second), HasSubstr("comes again"));
}

TEST_F(SetWriterRefusal, FramesOfAnotherSizeOrKind) {
  clip_.frames[2] = encode_jpeg(Picture(16, 32), 90);
  EXPECT_THAT(error_of(clip_), HasSubstr("frame 2 is 16 x 32, the clip 32 x 32"));
  clip_.frames[2].assign(10, std::byte{0});
  EXPECT_THAT(error_of(clip_), AllOf(HasSubstr("frame 2"), HasSubstr("cannot decode JPEG")));
  clip_.frames.clear();
  EXPECT_THAT(error_of(clip_), HasSubstr("has no frames"));
}

TEST_F(SetWriterRefusal, AnnotationsThatDoNotFit) {
  clip_.annotations.landmarks.pop_back();
  EXPECT_THAT(error_of(clip_), HasSubstr("3 landmark rows for 4 frames"));
}

TEST_F(SetWriterRefusal, TrueParametersOfAnotherNumber) {
  writer_.add(tiny_clip({.truth = true}, 0, 0));
  ClipRecord clip = tiny_clip({.truth = true}, 0, 1);
  clip.annotations.truth.expression[1].pop_back();
  EXPECT_THAT(error_of(clip), HasSubstr("must have 2 and 4 parameters"));
}

TEST_F(SetWriterRefusal, NamesThatCannotBeStored) {
  clip_.name = "two words";
  EXPECT_THAT(error_of(clip_), HasSubstr("printable ASCII"));
}

TEST_F(SetWriterRefusal, AnEmptySet) {
  EXPECT_THAT(message_of([&] { writer_.finish(); }), HasSubstr("no clip was added"));
}

}  // namespace
}  // namespace understudy
