#include "data_pipeline/data_set.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "data_pipeline/frame_shard.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DataSetTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const TinySet& tiny = {},
                              const SetOptions& options = {},
                              const std::string& name = "set") {
    write_tiny_set(folder_.path() / name, tiny, options);
    return folder_.path() / name;
  }
  static std::string open_error(const std::filesystem::path& set, const SetRequirements& requirements = {}) {
    return message_of([&] { DataSet::open(set, requirements); });
  }
  TemporaryFolder folder_;
};

TEST_F(DataSetTest, GivesBackWhatWasWritten) {
  const TinySet tiny{.masks = true, .truth = true, .clips_per_video = 2};
  const DataSet set = DataSet::open(write(tiny), {.landmarks = true, .masks = true});
  ASSERT_EQ(set.clips().size(), 6U);
  ASSERT_EQ(set.identities().size(), 3U);
  ASSERT_EQ(set.videos().size(), 3U);
  EXPECT_EQ(set.frame_count(), 24U);
  EXPECT_EQ(set.source(), "tiny");
  const ClipRecord clip = tiny_clip(tiny, 1, 1);
  EXPECT_EQ(set.clips()[3].name, clip.name);
  EXPECT_EQ(set.identities()[set.clips()[3].identity].name, clip.identity);
  EXPECT_EQ(set.videos()[set.clips()[3].video].name, clip.video);
  for (std::uint32_t frame = 0; frame < 4; ++frame) {
    const FrameRef ref{3, frame};
    EXPECT_EQ(set.read_frame(ref), clip.frames[frame]);
    EXPECT_EQ(set.landmarks(ref).xy, clip.annotations.landmarks[frame].xy);
    EXPECT_EQ(set.mask(ref)->coverage,
              decode_mask(clip.annotations.masks[frame], MaskCodec::kBitsDeflate, 32, 32, "").coverage);
    EXPECT_EQ(set.truth(ref)->pose, clip.annotations.truth.pose[frame]);
    EXPECT_EQ(set.truth(ref)->expression, clip.annotations.truth.expression[frame]);
    EXPECT_EQ(set.decode_frame(ref).rgb, decode_jpeg(clip.frames[frame], "").rgb);
  }
  EXPECT_EQ(set.identity_truth(3), clip.annotations.truth.identity);
  EXPECT_EQ(set.landmark_reference_size(), 256.0F);
}

TEST_F(DataSetTest, ReadsTheSameFromManyShards) {
  const std::filesystem::path one = write();
  const std::filesystem::path many = write({}, {.shard_bytes = 1}, "many");
  ASSERT_EQ(read_set_manifest(many / kSetManifestName).shards.size(), 6U);
  const DataSet a = DataSet::open(one);
  const DataSet b = DataSet::open(many / "set.toml");
  EXPECT_EQ(a.fingerprint(), b.fingerprint());
  for (std::uint32_t clip = 0; clip < 6; ++clip) EXPECT_EQ(a.read_frame({clip, 3}), b.read_frame({clip, 3}));
  for (std::uint32_t clip = 0; clip < 6; ++clip) EXPECT_EQ(a.landmarks({clip, 3}).xy, b.landmarks({clip, 3}).xy);
}

TEST_F(DataSetTest, FingerprintFollowsContentsAndRequiredAnnotations) {
  const std::filesystem::path set = write();
  const std::filesystem::path other_pictures = write({.seed = 8}, {}, "pictures");
  const std::filesystem::path other_landmarks = write({}, {.landmark_reference_size = 512.0F}, "landmarks");
  const std::string plain = DataSet::open(set).fingerprint();
  EXPECT_EQ(plain.size(), 64U);
  EXPECT_NE(DataSet::open(other_pictures).fingerprint(), plain);
  EXPECT_EQ(DataSet::open(other_landmarks).fingerprint(), plain);
  const SetRequirements needs{.landmarks = true};
  EXPECT_NE(DataSet::open(set, needs).fingerprint(), plain);
  EXPECT_NE(DataSet::open(set, needs).fingerprint(), DataSet::open(other_landmarks, needs).fingerprint());
}

TEST_F(DataSetTest, FramesWithoutARequiredAnnotationAreNotUsable) {
  ClipRecord clip = tiny_clip({}, 0, 0);
  clip.annotations.landmarks[1] = {};
  clip.unusable = {0, 0, 0, 1};
  SetWriter writer(folder_.path() / "set", {});
  writer.add(clip);
  writer.finish();
  EXPECT_THAT(DataSet::open(folder_.path() / "set").usable_frames(0), ElementsAre(0, 1, 2));
  EXPECT_THAT(DataSet::open(folder_.path() / "set", {.landmarks = true}).usable_frames(0), ElementsAre(0, 2));
}

TEST_F(DataSetTest, IsReadByManyThreadsAtATime) {
  const DataSet set = DataSet::open(write());
  std::vector<std::vector<std::byte>> read(24);
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::uint32_t i = t; i < 24; i += 4) read[i] = set.read_frame({i / 4, i % 4});
      });
    }
  }
  for (std::uint32_t i = 0; i < 24; ++i) EXPECT_EQ(read[i], set.read_frame({i / 4, i % 4}));
}

TEST_F(DataSetTest, AMissingManifestSaysHowToWriteOne) {
  EXPECT_THAT(open_error(folder_.path() / "faces"),
              AllOf(HasSubstr("no manifest"),
                    HasSubstr("faces/set.toml"),
                    HasSubstr("understudy pack"),
                    HasSubstr("understudy synthesize")));
  EXPECT_THAT(open_error(folder_.path()), HasSubstr("/set.toml\""));
}

TEST_F(DataSetTest, AnUnfinishedSetDoesNotExist) {
  {
    SetWriter writer(folder_.path() / "set", {});
    writer.add(tiny_clip({}, 0, 0));
  }
  EXPECT_THAT(open_error(folder_.path() / "set"), HasSubstr("no manifest"));
}

TEST_F(DataSetTest, RefusesAShardCutShort) {
  const std::filesystem::path set = write();
  const std::filesystem::path shard = set / "frames-00000.h5";
  std::filesystem::resize_file(shard, std::filesystem::file_size(shard) - 100);
  EXPECT_THAT(open_error(set),
              AllOf(HasSubstr("frames-00000.h5: has "), HasSubstr("the manifest says"), HasSubstr("cut short")));
  vouch_again(set);  // even when the manifest were wrong as well
  EXPECT_THAT(open_error(set),
              AllOf(HasSubstr("frames-00000.h5"), HasSubstr("restore it from its source or pack the set again")));
}

TEST_F(DataSetTest, RefusesAShardThatGrewOrIsGone) {
  const std::filesystem::path set = write();
  std::ofstream(set / "frames-00000.h5", std::ios::app) << "x";
  EXPECT_THAT(open_error(set), HasSubstr("it was changed"));
  std::filesystem::remove(set / "frames-00000.h5");
  EXPECT_THAT(open_error(set), AllOf(HasSubstr("frames-00000.h5"), HasSubstr("cannot be read")));
}

TEST_F(DataSetTest, NamesShardClipAndFrameOfAFlippedByte) {
  const std::filesystem::path folder = write();
  const FrameShard shard(folder / "frames-00000.h5", 0);
  flip_byte(folder / "frames-00000.h5", shard.frame_offset(6) + 100);  // clip 1, frame 2
  const DataSet set = DataSet::open(folder);
  EXPECT_THAT(message_of([&] {
                set.read_frame({1, 2});
              }),
              AllOf(HasSubstr("frames-00000.h5, clip \"id00#video01#001\", frame 2"),
                    HasSubstr("CRC32C"),
                    HasSubstr("shard verify")));
  EXPECT_EQ(set.read_frame({1, 1}), tiny_clip({}, 0, 1).frames[1]);
}

TEST_F(DataSetTest, NamesTheFrameOfAFileCutWhileOpen) {
  const std::filesystem::path folder = write();
  const DataSet set = DataSet::open(folder);
  std::filesystem::resize_file(folder / "frames-00000.h5", 3000);
  EXPECT_THAT(message_of([&] {
                set.read_frame({5, 3});
              }),
              AllOf(HasSubstr("frames-00000.h5"), HasSubstr("cut short after it was opened")));
}

TEST_F(DataSetTest, NamesTheFrameOfDamagedLandmarks) {
  const std::filesystem::path folder = write();
  const std::filesystem::path path = folder / "frames-00000.landmark68.h5";
  std::uint64_t offset = 0;
  edit_hdf5(path, [&](hid_t file) {
    const hid_t table = H5Dopen2(file, "/frame/points", H5P_DEFAULT);
    offset = H5Dget_offset(table);
    H5Dclose(table);
  });
  flip_byte(path, offset + 7 * 544 + 3);  // clip 1, frame 3
  const DataSet set = DataSet::open(folder, {.landmarks = true});
  EXPECT_THAT(message_of([&] {
                set.landmarks({1, 3});
              }),
              AllOf(HasSubstr("landmark68.h5"), HasSubstr("clip \"id00#video01#001\", frame 3"), HasSubstr("damaged")));
  EXPECT_EQ(set.landmarks({1, 2}).xy, tiny_landmarks(6).xy);
}

TEST_F(DataSetTest, RefusesADamagedTable) {
  const std::filesystem::path set = write({.landmarks = false});
  edit_hdf5(set / "frames-00000.h5", [](hid_t file) {
    auto index = read_table<std::uint32_t>(file, "/frame/source_index", H5T_NATIVE_UINT32);
    index[2] = 77;
    write_table(file, "/frame/source_index", H5T_NATIVE_UINT32, index);
  });
  EXPECT_THAT(open_error(set), AllOf(HasSubstr("frames-00000.h5: is not as it was written"), HasSubstr("repair")));
  vouch_again(set);
  EXPECT_THAT(open_error(set),
              AllOf(HasSubstr("frames-00000.h5: /frame/source_index is damaged"), HasSubstr("CRC32C")));
}

TEST_F(DataSetTest, RefusesLandmarksOfAnotherShard) {
  const std::filesystem::path set = write();
  const std::filesystem::path other = write({.seed = 8}, {}, "other");
  std::filesystem::copy_file(other / "frames-00000.landmark68.h5",
                             set / "frames-00000.landmark68.h5",
                             std::filesystem::copy_options::overwrite_existing);
  vouch_again(set);
  EXPECT_THAT(open_error(set, {.landmarks = true}),
              AllOf(HasSubstr("frames-00000.landmark68.h5: was written for a frame shard with SHA-256"),
                    HasSubstr("other frames")));
}

TEST_F(DataSetTest, RefusesAnIndexOfAnotherSet) {
  const std::filesystem::path set = write();
  const std::filesystem::path other = write({.seed = 8}, {}, "other");
  std::filesystem::copy_file(other / "index.h5", set / "index.h5", std::filesystem::copy_options::overwrite_existing);
  vouch_again(set);
  EXPECT_THAT(open_error(set), AllOf(HasSubstr("index.h5: fingerprint"), HasSubstr("different sets")));
}

TEST_F(DataSetTest, RefusesAShardOfAnotherSet) {
  const std::filesystem::path set = write({.landmarks = false});
  const std::filesystem::path other = write({.seed = 8, .landmarks = false}, {}, "other");
  std::filesystem::copy_file(
      other / "frames-00000.h5", set / "frames-00000.h5", std::filesystem::copy_options::overwrite_existing);
  vouch_again(set);
  EXPECT_THAT(open_error(set), AllOf(HasSubstr("clip \"id00#video00#000\""), HasSubstr("mixed up")));
}

TEST_F(DataSetTest, RefusesUnknownFlags) {
  const std::filesystem::path set = write({.landmarks = false});
  edit_hdf5(set / "frames-00000.h5", [](hid_t file) {
    auto flags = read_table<std::uint8_t>(file, "/frame/flags", H5T_NATIVE_UINT8);
    flags[5] |= 0x80U;
    write_table(file, "/frame/flags", H5T_NATIVE_UINT8, flags);
    auto crcs = read_table<std::uint32_t>(file, "/table_crc32c", H5T_NATIVE_UINT32);
    crcs.back() = crc32c(std::as_bytes(std::span(flags)));
    write_table(file, "/table_crc32c", H5T_NATIVE_UINT32, crcs);
  });
  vouch_again(set);
  EXPECT_THAT(open_error(set), AllOf(HasSubstr("frame 5"), HasSubstr("flags 0x81"), HasSubstr("newer understudy")));
}

TEST_F(DataSetTest, NeedsTheAnnotationsThatTheRunNeeds) {
  const std::filesystem::path set = write({.landmarks = false});
  EXPECT_THAT(open_error(set, {.landmarks = true}),
              AllOf(HasSubstr("kind landmark68"), HasSubstr("understudy annotate")));
  EXPECT_THAT(open_error(set, {.masks = true}), HasSubstr("kind mask"));
  const DataSet opened = DataSet::open(set);
  EXPECT_FALSE(opened.has_landmarks());
  EXPECT_THROW(opened.landmark_reference_size(), DataError);
  EXPECT_FALSE(opened.truth({0, 0}).has_value());
  EXPECT_THAT(message_of([&] { opened.read_frame({0, 4}); }), HasSubstr("there is no frame 4"));
}

void set_version(hid_t file, std::uint16_t major, std::uint16_t minor) {
  const std::array<std::uint16_t, 2> version{major, minor};
  const hid_t attribute = H5Aopen(file, "format_version", H5P_DEFAULT);
  H5Awrite(attribute, H5T_NATIVE_UINT16, version.data());
  H5Aclose(attribute);
}

TEST_F(DataSetTest, AcceptsAnyMinorVersionAndUnknownTables) {
  const std::filesystem::path set = write({.landmarks = false});
  edit_hdf5(set / "frames-00000.h5", [](hid_t file) {
    set_version(file, 1, 9);
    const hid_t group = H5Gcreate2(file, "/later", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(group);
  });
  vouch_again(set);
  EXPECT_EQ(open_error(set), "");
}

TEST_F(DataSetTest, RefusesAnotherMajorVersion) {
  const std::filesystem::path set = write({.landmarks = false});
  edit_hdf5(set / "frames-00000.h5", [](hid_t file) { set_version(file, 2, 0); });
  vouch_again(set);
  EXPECT_THAT(open_error(set),
              AllOf(HasSubstr("format version 2.0"), HasSubstr("reads 1.x"), HasSubstr("newer understudy")));
}

}  // namespace
}  // namespace understudy
